#pragma once

#include "base/record_reader.hpp"
#include "repl/line_reader.hpp"

namespace errand::repl {

/// Lines as the terminal itself edits them: for dumb terminals, screen readers and tests.
class CookedLines final : public LineReader {
 public:
  /// Reads `in_fd` and writes prompts to `out_fd`, both borrowed.
  CookedLines(int in_fd, int out_fd, std::size_t max_line_bytes) : in_(in_fd, "\n", max_line_bytes), out_(out_fd) {}

  Result<ReadLine> read(const LineRequest& request, const Call& call) override;
  /// A numbered list, and a line that names one or some of it.
  Result<Picked> choose(const ChoiceRequest& request, const Call& call) override;
  std::unique_ptr<Attention> attend() override { return std::make_unique<Attention>(); }

 private:
  RecordReader in_;
  int out_;
};

}  // namespace errand::repl
