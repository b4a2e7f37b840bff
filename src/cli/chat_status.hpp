#pragma once

#include <optional>
#include <string>

#include "cli/face.hpp"
#include "cli/talk.hpp"

namespace errand::cli {

/// What a chat is told to go on with between its runs, by the command line and by slash commands: keeps the status line
/// true to it, and warns of a model that can't be asked before a prompt is written for it. Borrows both.
class ChatStatus {
 public:
  ChatStatus(Talk& talk, Face& face) : talk_(talk), face_(face) {}

  /// Before each prompt.
  void refresh();

 private:
  void use_model(const std::string& models);
  [[nodiscard]] std::string sandbox() const;

  Talk& talk_;
  Face& face_;
  std::optional<std::string> models_;  ///< as the definition has them, that model_ stands for
  std::string model_;
};

}  // namespace errand::cli
