#include "repl/change_lines.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "render/change_view.hpp"

namespace errand::repl {

namespace {

constexpr std::string_view old_file = "--- ";
constexpr std::string_view new_file = "+++ ";

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

std::string added(const std::string& content) {
  std::string out;
  for (const auto& line : text::lines(content)) out += fmt::format("+{}\n", line);
  return out;
}

// The first lines are its header; the path is that of the second.
Change from_diff(std::string_view diff, const render::Theme& theme, std::size_t columns) {
  const auto header = diff.find('\n');
  const auto hunks = diff.find('\n', header + 1);
  const auto path = diff.substr(header + 1, hunks - header - 1).substr(new_file.size());
  return {diff.starts_with("--- /dev/null\n") ? Change::Kind::creates : Change::Kind::changes, unicode::sanitize(path),
          render::change_rows(diff.substr(hunks + 1), theme, columns)};
}

}  // namespace

std::optional<Change> change_of(const chat::ApprovalQuestion& question, const render::Theme& theme,
                                std::size_t columns) {
  if (question.tool != "Edit" && question.tool != "Write") return std::nullopt;
  if (question.detail.starts_with(old_file) && question.detail.find("\n@@") != std::string::npos)
    return from_diff(question.detail, theme, columns);
  const auto input = Json::parse(question.detail, nullptr, false);
  if (!input.is_object()) return std::nullopt;
  const auto hunks = question.tool == "Edit" ? replacements(input) : added(string_at(input, "content"));
  Change out{Change::Kind::changes, unicode::sanitize(string_at(input, "file_path")),
             render::change_rows(hunks, theme, columns)};
  if (out.path.empty() || out.lines.rows.empty()) return std::nullopt;
  return out;
}

}  // namespace errand::repl
