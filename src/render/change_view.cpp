#include "render/change_view.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "render/highlight.hpp"
#include "render/line.hpp"

namespace errand::render {

namespace {

constexpr std::string_view margin = "  ";
constexpr std::size_t tab_columns = 4;
constexpr std::size_t least_columns = 12;

// Hunk by hunk, harmless, cut to the screen.
class Hunks {
 public:
  Hunks(const Theme& theme, std::size_t columns, const LineLimit& limit)
      : theme_(theme),
        columns_(columns > least_columns ? columns - margin.size() : least_columns - margin.size()),
        limit_(limit) {}

  void add(std::string_view line) {
    if (out_.size() >= limit_.lines) {
      ++left_out_;
      return;
    }
    const auto text = text::replace_all(unicode::sanitize(line), "\t", std::string(tab_columns, ' '));
    out_.push_back(std::string(margin) + paint(diff_.line(text::ellipsize(text, columns_)), theme_));
  }

  std::vector<std::string> finish() {
    if (left_out_ > 0) {
      const auto how = limit_.opens.empty() ? std::string() : fmt::format(": {}", limit_.opens);
      const auto rest = fmt::format("{}… {} more{}", margin, text::count_of(left_out_, "line"), how);
      out_.push_back(theme_.paint(rest, Style::dim));
    }
    return std::move(out_);
  }

 private:
  const Theme& theme_;
  std::size_t columns_;
  LineLimit limit_;
  Highlighter diff_{"diff"};
  std::size_t left_out_ = 0;
  std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> diff_lines(std::string_view result, const Theme& theme, std::size_t columns,
                                    const LineLimit& limit) {
  const auto begin = result.starts_with("@@") ? 0 : result.find("\n@@");
  if (begin == std::string_view::npos) return {};
  Hunks hunks(theme, columns, limit);
  for (const auto& line : text::lines(result.substr(begin == 0 ? 0 : begin + 1))) hunks.add(line);
  return hunks.finish();
}

std::vector<std::string> new_file_lines(std::string_view input, const Theme& theme, std::size_t columns,
                                        const LineLimit& limit) {
  const auto arguments = Json::parse(input, nullptr, false);
  if (!arguments.is_object() || !arguments.contains("content") || !arguments["content"].is_string()) return {};
  Hunks hunks(theme, columns, limit);
  for (const auto& line : text::lines(arguments["content"].get_ref<const std::string&>())) hunks.add("+" + line);
  return hunks.finish();
}

namespace {

// The first hunk's header tells nothing that its lines do not; the others part what stands in different places.
bool tells(std::string_view line, std::size_t hunk) {
  return line.starts_with("@@") ? hunk > 1 : !line.starts_with(' ');
}

}  // namespace

ChangeRows change_rows(std::string_view hunks, const Theme& theme, std::size_t columns) {
  const auto room = columns > least_columns ? columns - margin.size() : least_columns - margin.size();
  Highlighter diff("diff");
  ChangeRows out;
  std::size_t hunk = 0;
  for (const auto& line : text::lines(hunks)) {
    if (line.starts_with("@@")) ++hunk;
    const auto text = text::replace_all(unicode::sanitize(line), "\t", std::string(tab_columns, ' '));
    for (const auto& piece : cut(diff.line(text), room)) {
      if (tells(line, hunk)) out.telling.push_back(out.rows.size());
      out.rows.push_back(std::string(margin) + paint(piece, theme));
    }
  }
  return out;
}

}  // namespace errand::render
