#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chat/interaction.hpp"
#include "render/theme.hpp"
#include "repl/line_reader.hpp"

namespace errand::repl {

/// Asks the person on the terminal, by menus of `in` that show what they are about; what fails goes to `out_fd`. Both
/// are borrowed. `theme` is asked whenever something is painted.
class TerminalInteraction final : public chat::Interaction {
 public:
  using ThemeOf = std::function<render::Theme()>;

  TerminalInteraction(
      LineReader& in, int out_fd, ThemeOf theme = [] { return render::Theme(); })
      : in_(in), out_(out_fd), theme_(std::move(theme)) {}

  [[nodiscard]] bool available() const override { return true; }
  /// Nothing is selected at first, and a key selects without picking: whoever was typing something else when the
  /// question came allows nothing by it.
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion& question, const Call& call) override;
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>& questions,
                                          const Call& call) override;
  /// As an approval: nothing is selected at first. An edited plan is shown and asked about again.
  Result<chat::PlanAnswer> review(const std::string& plan, const Call& call) override;

 private:
  void say(std::string_view text) const;
  Result<Picked> choose(const ChoiceRequest& request, const Call& call);
  [[nodiscard]] Subject plan_subject(const std::string& plan, std::size_t columns) const;
  void edit(std::string& plan) const;
  Result<std::string> answer_one(LineKind kind, const chat::event::Question& question, const Call& call);

  LineReader& in_;
  int out_;
  ThemeOf theme_;
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
  Result<chat::PlanAnswer> review(const std::string&, const Call&) override {
    return fail(ErrorKind::failure, "no one is here to read a plan");
  }
};

}  // namespace errand::repl
