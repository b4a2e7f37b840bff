#pragma once

#include <string>
#include <vector>

#include "chat/interaction.hpp"
#include "repl/line_reader.hpp"

namespace errand::repl {

/// Asks the person on the terminal: questions go to `out_fd`, answers are lines of `in`. Both are borrowed.
class TerminalInteraction final : public chat::Interaction {
 public:
  TerminalInteraction(LineReader& in, int out_fd) : in_(in), out_(out_fd) {}

  [[nodiscard]] bool available() const override { return true; }
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion& question, const Call& call) override;
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>& questions,
                                          const Call& call) override;

 private:
  void say(std::string_view text) const;
  Result<std::string> ask(LineKind kind, std::string_view text, const Call& call);
  Result<std::string> ask_one(LineKind kind, const chat::event::Question& question, const Call& call);

  LineReader& in_;
  int out_;
};

/// Nobody is there: everything that asks is denied.
class NobodyThere final : public chat::Interaction {
 public:
  [[nodiscard]] bool available() const override { return false; }
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion&, const Call&) override {
    return chat::ApprovalAnswer{chat::Verdict::deny, "no one is here to ask"};
  }
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>&, const Call&) override {
    return fail(ErrorKind::failure, "no one is here to answer");
  }
};

}  // namespace errand::repl
