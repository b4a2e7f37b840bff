#include "render/fold.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "render/line.hpp"
#include "render/options.hpp"

namespace errand::render {

namespace {

// What is left of a narrow line for words is never less.
constexpr std::size_t least_columns = 10;

void add(std::string& out, std::size_t margin, const Line& line) {
  out.append(margin, ' ');
  out += paint(line, Theme()) + "\n";
}

void fold_line(std::string& out, std::string_view line, std::size_t columns, std::size_t hang) {
  auto indent = std::min(line.find_first_not_of(' '), line.size());
  const std::string words(line.substr(indent));
  if (words.empty()) return add(out, 0, {});
  if (columns < indent + hang + least_columns) indent = hang = 0;
  const auto first = wrap({Run{words, {}, 0}}, columns - indent);
  add(out, indent, first.front().line);
  if (first.size() == 1) return;
  for (const auto& part : wrap({Run{words.substr(first[1].source), {}}}, columns - indent - hang))
    add(out, indent + hang, part.line);
}

}  // namespace

std::size_t fold_columns(int fd) {
  return medium_of(fd) == Medium::terminal ? columns_of(fd) - 1 : no_folding;
}

std::string fold(std::string_view harmless, std::size_t columns, std::size_t hang) {
  if (columns == no_folding) return std::string(harmless);
  std::string out;
  for (const auto& line : text::lines(harmless)) {
    if (unicode::width(line) <= columns)
      out += line + "\n";
    else
      fold_line(out, line, columns, hang);
  }
  if (!harmless.ends_with('\n') && !out.empty()) out.pop_back();
  return out;
}

}  // namespace errand::render
