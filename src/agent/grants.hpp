#pragma once

#include <vector>

#include "base/sync.hpp"
#include "chat/agent.hpp"

namespace errand::agent {

/// What the person allowed while they talked, as rules. Those of a session end with it; those that are kept hold for as
/// long as the program runs, which has read its configuration by then. Thread-safe.
class Grants {
 public:
  enum class Reach { session, kept };

  void add(chat::Rule rule, Reach reach);
  void forget_session();
  /// Those of the session first.
  [[nodiscard]] std::vector<chat::Rule> rules() const;

 private:
  struct Rules {
    std::vector<chat::Rule> session;
    std::vector<chat::Rule> kept;
  };
  Sync<Rules> rules_;
};

}  // namespace errand::agent
