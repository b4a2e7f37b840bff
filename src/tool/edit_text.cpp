#include "tool/edit_text.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::tool {

namespace {

constexpr std::size_t npos = std::string::npos;
constexpr std::size_t max_named_lines = 10;

// The nearest text is looked for in this much of a file and shown with at most this much.
constexpr std::size_t max_compared_bytes = 4U << 20U;
constexpr std::size_t max_shown_lines = 20;
constexpr std::size_t max_shown_columns = 300;

// Below this share of common letter pairs a line is another line.
constexpr double least_similarity = 0.5;

std::size_t line_number(std::string_view text, std::size_t at) {
  return static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n')) + 1;
}

std::vector<std::size_t> all_places(std::string_view text, std::string_view wanted) {
  std::vector<std::size_t> out;
  for (auto at = text.find(wanted); at != npos; at = text.find(wanted, at + wanted.size())) out.push_back(at);
  return out;
}

bool has_only_crlf(std::string_view text) {
  bool any = false;
  for (auto at = text.find('\n'); at != npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return false;
    any = true;
  }
  return any;
}

std::string with_crlf(std::string_view text) {
  return text::replace_all(text::replace_all(std::string(text), "\r\n", "\n"), "\n", "\r\n");
}

// A line without any white space: what differs in nothing else is the same line to a reader.
std::string squeezed(std::string_view line) {
  std::string out;
  std::ranges::copy_if(line, std::back_inserter(out),
                       [](char c) { return std::string_view(" \t\r\f\v").find(c) == npos; });
  return out;
}

// Sørensen-Dice over the sets of letter pairs, hashed: a rough likeness is enough to point at a line.
class Likeness {
 public:
  explicit Likeness(std::string_view line) : pairs_(pairs_of(line)) {}

  [[nodiscard]] double to(std::string_view line) const {
    const auto other = pairs_of(line);
    const auto sum = pairs_.count() + other.count();
    return sum == 0 ? 0 : 2.0 * static_cast<double>((pairs_ & other).count()) / static_cast<double>(sum);
  }

 private:
  using Pairs = std::bitset<1024>;

  static Pairs pairs_of(std::string_view line) {
    Pairs out;
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      const auto first = static_cast<unsigned char>(line[i]);
      const auto second = static_cast<unsigned char>(line[i + 1]);
      out.set((first * 31U + second) % out.size());
    }
    return out;
  }

  Pairs pairs_;
};

// The lines [first, first + count), numbered, as they are.
std::string excerpt(const std::vector<std::string>& lines, std::size_t first, std::size_t count) {
  std::string out;
  const auto end = std::min(lines.size(), first + std::min(count, max_shown_lines));
  for (auto i = first; i < end; ++i) {
    out += fmt::format("\n{:6}\t{}", i + 1, text::ellipsize(unicode::sanitize(lines[i]), max_shown_columns));
  }
  return out;
}

// Where `wanted` stands but for white space: the index of its first line.
std::optional<std::size_t> find_squeezed(const std::vector<std::string>& lines,
                                         const std::vector<std::string>& wanted) {
  std::vector<std::string> squeezed_wanted;
  for (const auto& line : wanted) squeezed_wanted.push_back(squeezed(line));
  std::vector<std::string> squeezed_lines;
  squeezed_lines.reserve(lines.size());
  for (const auto& line : lines) squeezed_lines.push_back(squeezed(line));
  const auto found =
      std::search(squeezed_lines.begin(), squeezed_lines.end(), squeezed_wanted.begin(), squeezed_wanted.end());
  if (found == squeezed_lines.end()) return std::nullopt;
  return static_cast<std::size_t>(found - squeezed_lines.begin());
}

bool indented_with(const std::vector<std::string>& lines, char c) {
  return std::ranges::any_of(lines, [c](const std::string& line) { return line.starts_with(c); });
}

std::string white_space_hint(const std::vector<std::string>& there, const std::vector<std::string>& wanted) {
  if (indented_with(there, '\t') && !indented_with(wanted, '\t')) return "the file indents with tabs";
  if (indented_with(there, ' ') && indented_with(wanted, '\t')) return "the file indents with spaces";
  return "take it over exactly";
}

// Models sometimes copy the numbers that Read puts before lines.
bool has_line_numbers(const std::vector<std::string>& lines) {
  return std::ranges::all_of(lines, [](std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto digits = line.find_first_not_of("0123456789");
    return digits != 0 && digits != npos && line[digits] == '\t';
  });
}

std::string nearest_text(const std::vector<std::string>& lines, const std::vector<std::string>& wanted) {
  const auto anchor = std::ranges::max_element(wanted, {}, [](const auto& line) { return text::trim(line).size(); });
  const Likeness likeness(text::trim(*anchor));
  double best = 0;
  std::size_t best_line = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto similarity = likeness.to(text::trim(lines[i]));
    if (similarity <= best) continue;
    best = similarity;
    best_line = i;
  }
  if (best < least_similarity) return "; nothing similar is there either: Read the file again";
  const auto before_anchor = static_cast<std::size_t>(anchor - wanted.begin());
  return "; the nearest text is:" + excerpt(lines, best_line - std::min(best_line, before_anchor), wanted.size());
}

std::string why_missing(std::string_view text, const std::string& wanted) {
  const auto wanted_lines = text::lines(wanted);
  if (has_line_numbers(wanted_lines)) {
    return "old_string is not in the file: it holds the line numbers Read puts before each line; leave them out";
  }
  if (wanted.find("⟦") != npos) {
    return "old_string is not in the file: a mark like ⟦invisible⟧ stands for characters Read took out; choose text "
           "around it, or use a program";
  }
  const auto lines = text::lines(text.substr(0, max_compared_bytes));
  if (text::trim(wanted).empty()) return "old_string is only white space and not in the file in that form";
  if (const auto at = find_squeezed(lines, wanted_lines)) {
    const std::vector<std::string> there(
        lines.begin() + static_cast<std::ptrdiff_t>(*at),
        lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines.size(), *at + wanted_lines.size())));
    return fmt::format("old_string is not in the file: only white space differs from this ({}):{}",
                       white_space_hint(there, wanted_lines), excerpt(lines, *at, wanted_lines.size()));
  }
  return "old_string is not in the file" + nearest_text(lines, wanted_lines);
}

std::string why_ambiguous(std::string_view text, const std::vector<std::size_t>& places) {
  std::vector<std::size_t> lines;
  for (const auto at : places) {
    if (lines.size() == max_named_lines) break;
    lines.push_back(line_number(text, at));
  }
  return fmt::format(
      "old_string is in the file {} times (lines {}{}); add surrounding lines to name one, or set replace_all",
      places.size(), fmt::join(lines, ", "), places.size() > lines.size() ? " …" : "");
}

Result<std::string> replace(std::string text, const Replacement& edit) {
  const auto refuse = [](std::string why) { return fail(ErrorKind::failure, std::move(why)); };
  if (edit.old_text.empty()) {
    return refuse("old_string is empty; to make a file or replace all of it use Write, to insert give text beside it");
  }
  if (edit.old_text == edit.new_text) return refuse("old_string and new_string are the same; nothing would change");
  auto wanted = edit.old_text;
  auto replacement = edit.new_text;
  if (has_only_crlf(text)) {
    wanted = with_crlf(wanted);
    replacement = with_crlf(replacement);
  }
  const auto places = all_places(text, wanted);
  if (places.empty()) return refuse(why_missing(text, edit.old_text));
  if (places.size() > 1 && edit.occurrences == Occurrences::one) return refuse(why_ambiguous(text, places));
  std::string out;
  std::size_t from = 0;
  for (const auto at : places) {
    out.append(text, from, at - from).append(replacement);
    from = at + wanted.size();
  }
  return out.append(text, from);
}

}  // namespace

Result<std::string> apply_replacements(std::string text, std::span<const Replacement> replacements) {
  for (std::size_t i = 0; i < replacements.size(); ++i) {
    auto replaced = replace(std::move(text), replacements[i]);
    if (!replaced) {
      auto error = std::move(replaced).error();
      if (replacements.size() > 1) {
        error.message = fmt::format("edit {} of {}: {}; no edit was made", i + 1, replacements.size(), error.message);
      }
      return fail(std::move(error));
    }
    text = *std::move(replaced);
  }
  return text;
}

}  // namespace errand::tool
