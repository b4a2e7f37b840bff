#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace errand::render {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Of the terminal at `fd`; `otherwise` where it is none or does not say. At least 20 columns and 2 rows.
ScreenSize screen_size(int fd, ScreenSize otherwise);

/// The last lines of a terminal, which are taken back and written again while all above them stays. Makes the bytes
/// and writes nothing. Lines are painted, hold no line end and are narrower than the screen.
///
/// Between two calls the cursor stands behind the last line, or at the start of an empty one when there are none;
/// whoever writes anything else takes the lines away first.
class LiveLines {
 public:
  using Lines = std::vector<std::string>;

  /// `finished` goes above for good, `live` stands in the place of what stood here. Only lines that differ are written,
  /// all in one synchronized update (mode 2026). Of more lines than the screen has the last ones are shown.
  std::string update(const Lines& finished, Lines live, ScreenSize size);

  std::string clear(ScreenSize size) { return update({}, {}, size); }

  [[nodiscard]] bool empty() const { return shown_.empty(); }

 private:
  [[nodiscard]] std::string to_line(std::size_t index, ScreenSize size) const;

  Lines shown_;
  bool cut_off_ = false;  ///< lines above shown_ were not shown
};

}  // namespace errand::render
