#pragma once

#include <memory>

#include "base/record_reader.hpp"
#include "chat/interaction.hpp"
#include "cli/command.hpp"
#include "cli/face.hpp"

namespace errand::cli {

/// The person at the terminal, when there is one: stdin and stderr are a terminal and --no-input was not said. Else
/// nobody is there, and what would ask is denied.
class Person {
 public:
  /// `face` is borrowed: it makes room before a question.
  Person(const Globals& globals, Face& face);
  ~Person();

  [[nodiscard]] chat::Interaction& interaction() { return *interaction_; }
  [[nodiscard]] RecordReader& lines() { return lines_; }

 private:
  RecordReader lines_;
  std::unique_ptr<chat::Interaction> interaction_;
};

}  // namespace errand::cli
