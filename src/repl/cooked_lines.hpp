#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/record_reader.hpp"
#include "repl/line_reader.hpp"
#include "terminal/keyboard.hpp"

namespace errand::repl {

/// Lines as the terminal itself edits them: for dumb terminals, screen readers and tests.
class CookedLines final : public LineReader {
 public:
  /// Lets the person write a text in a program of theirs.
  using EditOutside = std::function<Result<std::string>(const std::string& text)>;

  /// Reads `in_fd` and writes prompts to `out_fd`, both borrowed. Without `edit_outside` there is no editor. `changes`
  /// is borrowed, and tells of returns from a stop.
  CookedLines(int in_fd, int out_fd, std::size_t max_line_bytes, EditOutside edit_outside = {},
              terminal::Changes* changes = nullptr)
      : in_fd_(in_fd),
        in_(in_fd, "\n", max_line_bytes),
        out_(out_fd),
        edit_outside_(std::move(edit_outside)),
        changes_(changes) {}

  Result<ReadLine> read(const LineRequest& request, const Call& call) override;
  /// A numbered list, and a line that names one or some of it.
  Result<Picked> choose(const ChoiceRequest& request, const Call& call) override;
  Result<std::string> edit_outside(const std::string& text) override {
    return edit_outside_ ? edit_outside_(text) : fail(ErrorKind::usage, "there is no editor here");
  }
  std::unique_ptr<Attention> attend() override;

 private:
  void set_aside_typed_ahead();
  Result<ReadLine> next_line(const LineRequest& request, const Call& call);
  Result<std::optional<Picked>> with_own_words(Picked picked, const ChoiceRequest& request, const Call& call);

  int in_fd_;
  RecordReader in_;
  int out_;
  EditOutside edit_outside_;
  terminal::Changes* changes_;
  bool attended_ = false;
  std::deque<std::string> aside_;  // typed before a question came, for the prompts after it
};

}  // namespace errand::repl
