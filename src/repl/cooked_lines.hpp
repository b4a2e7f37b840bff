#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "base/record_reader.hpp"
#include "repl/line_reader.hpp"

namespace errand::repl {

/// Lines as the terminal itself edits them: for dumb terminals, screen readers and tests.
class CookedLines final : public LineReader {
 public:
  /// Lets the person write a text in a program of theirs.
  using EditOutside = std::function<Result<std::string>(const std::string& text)>;

  /// Reads `in_fd` and writes prompts to `out_fd`, both borrowed. Without `edit_outside` there is no editor.
  CookedLines(int in_fd, int out_fd, std::size_t max_line_bytes, EditOutside edit_outside = {})
      : in_(in_fd, "\n", max_line_bytes), out_(out_fd), edit_outside_(std::move(edit_outside)) {}

  Result<ReadLine> read(const LineRequest& request, const Call& call) override;
  /// A numbered list, and a line that names one or some of it.
  Result<Picked> choose(const ChoiceRequest& request, const Call& call) override;
  Result<std::string> edit_outside(const std::string& text) override {
    return edit_outside_ ? edit_outside_(text) : fail(ErrorKind::usage, "there is no editor here");
  }
  std::unique_ptr<Attention> attend() override { return std::make_unique<Attention>(); }

 private:
  Result<std::optional<Picked>> with_own_words(Picked picked, const ChoiceRequest& request, const Call& call);

  RecordReader in_;
  int out_;
  EditOutside edit_outside_;
};

}  // namespace errand::repl
