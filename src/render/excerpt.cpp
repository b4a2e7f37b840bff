#include "render/excerpt.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/unicode.hpp"

namespace errand::render {

std::vector<std::string> Excerpt::feed(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    append(text.substr(0, end));
    if (end == std::string_view::npos) break;
    end_line(out);
    text.remove_prefix(end + 1);
  }
  return out;
}

void Excerpt::append(std::string_view part) {
  is_begun_ = true;
  while (true) {
    const auto end = part.find('\r');
    append_to_line(part.substr(0, end));
    if (end == std::string_view::npos) return;
    begins_again_ = true;
    part.remove_prefix(end + 1);
  }
}

// One byte more than a line may have says that it is to be cut.
void Excerpt::append_to_line(std::string_view part) {
  if (part.empty()) return;
  if (std::exchange(begins_again_, false)) line_.clear();
  line_ += part.substr(0, max_line_bytes + 1 - std::min(line_.size(), max_line_bytes + 1));
}

void Excerpt::end_line(std::vector<std::string>& out) {
  is_begun_ = false;
  begins_again_ = false;
  auto line = std::exchange(line_, {});
  if (line.size() > max_line_bytes) {
    line.resize(unicode::char_border_before(line, max_line_bytes));
    line += "…";
    has_cut_lines_ = true;
  }
  if (returned_ < first_) {
    ++returned_;
    out.push_back(std::move(line));
    return;
  }
  kept_.push_back(std::move(line));
  if (kept_.size() <= last_) return;
  kept_.pop_front();
  ++left_out_;
}

std::vector<std::string> Excerpt::newest(std::size_t count) const {
  std::vector<std::string> out;
  const auto lines = is_begun_ && count > 0 ? count - 1 : count;
  const auto from = kept_.size() - std::min(kept_.size(), lines);
  out.assign(kept_.begin() + static_cast<std::ptrdiff_t>(from), kept_.end());
  if (is_begun_ && count > 0) out.push_back(line_.substr(0, unicode::char_border_before(line_, max_line_bytes)));
  return out;
}

std::vector<std::string> Excerpt::finish() {
  std::vector<std::string> out;
  if (is_begun_) end_line(out);
  out.insert(out.end(), std::make_move_iterator(kept_.begin()), std::make_move_iterator(kept_.end()));
  kept_.clear();
  return out;
}

}  // namespace errand::render
