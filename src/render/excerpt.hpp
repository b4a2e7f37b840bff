#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace errand::render {

/// What is shown of a text that may be long: its first and its last lines. Takes it piece by piece, and keeps no more
/// than that.
class Excerpt {
 public:
  /// Bytes of a line; a longer one is cut.
  static constexpr std::size_t max_line_bytes = 1024;

  Excerpt(std::size_t first, std::size_t last) : first_(first), last_(last) {}

  /// The next of it, harmless but for a '\r', which begins its line again. Returns those of the first lines that it
  /// completes.
  std::vector<std::string> feed(std::string_view text);

  /// The newest lines that were not returned yet, at most so many; the last may still be coming in.
  [[nodiscard]] std::vector<std::string> newest(std::size_t count) const;

  /// Lines that were not returned yet, the one that is coming in and those that are left out among them.
  [[nodiscard]] std::size_t not_returned() const { return left_out_ + kept_.size() + (is_begun_ ? 1 : 0); }

  /// There is no more: the lines that were not returned and are not left out.
  std::vector<std::string> finish();
  /// Lines between the first and the last ones.
  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  [[nodiscard]] bool has_cut_lines() const { return has_cut_lines_; }

 private:
  void append(std::string_view part);
  void append_to_line(std::string_view part);
  void end_line(std::vector<std::string>& out);

  std::size_t first_;
  std::size_t last_;
  std::size_t returned_ = 0;
  std::size_t left_out_ = 0;
  bool has_cut_lines_ = false;
  bool is_begun_ = false;      // line_ is one, though it may be empty
  bool begins_again_ = false;  // what comes next takes its place
  std::string line_;           // the one that is coming in
  std::deque<std::string> kept_;
};

}  // namespace errand::render
