#include "repl/change_lines.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "render/change_view.hpp"

namespace errand::repl {

namespace {

// Nothing of what will happen is cut off: the terminal wraps.
constexpr std::size_t any_width = std::numeric_limits<std::size_t>::max() / 2;
constexpr std::size_t any_length = std::numeric_limits<std::size_t>::max() / 2;

// What both have at their beginning and end stands there once. Line ends count: they are kept as empty last lines.
std::string hunk_of(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  const auto shorter = std::min(before.size(), after.size());
  std::size_t head = 0;
  while (head < shorter && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  std::string out;
  const auto put = [&](char sign, const std::vector<std::string>& lines, std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i) out += fmt::format("{}{}\n", sign, lines[i]);
  };
  put(' ', before, 0, head);
  put('-', before, head, before.size() - tail);
  put('+', after, head, after.size() - tail);
  put(' ', before, before.size() - tail, before.size());
  return out;
}

std::string replacement(const Json& edit, std::size_t number, std::size_t count) {
  const auto all = edit.find("replace_all");
  const bool everywhere = all != edit.end() && all->is_boolean() && all->get<bool>();
  const auto which = count > 1 ? fmt::format(" {} of {}", number, count) : std::string();
  return fmt::format("@@ edit{}{} @@\n", which, everywhere ? ", wherever it stands" : "") +
         hunk_of(text::split(string_at(edit, "old_string"), '\n'), text::split(string_at(edit, "new_string"), '\n'));
}

std::string replacements(const Json& input) {
  const auto edits = input.find("edits");
  if (edits == input.end() || !edits->is_array()) return replacement(input, 1, 1);
  std::string out;
  for (std::size_t i = 0; i < edits->size(); ++i) {
    if (!(*edits)[i].is_object()) return {};
    out += replacement((*edits)[i], i + 1, edits->size());
  }
  return out;
}

}  // namespace

std::optional<Change> change_of(const chat::ApprovalQuestion& question, const render::Theme& theme) {
  if (question.tool != "Edit" && question.tool != "Write") return std::nullopt;
  const auto input = Json::parse(question.detail, nullptr, false);
  if (!input.is_object()) return std::nullopt;
  Change out{unicode::sanitize(string_at(input, "file_path")), {}};
  out.lines = question.tool == "Edit" ? render::diff_lines(replacements(input), theme, any_width, any_length)
                                      : render::new_file_lines(question.detail, theme, any_width, any_length);
  if (out.path.empty() || out.lines.empty()) return std::nullopt;
  return out;
}

}  // namespace errand::repl
