#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace errand::text {

std::string_view trim(std::string_view s);                           ///< without ASCII white space at both ends
std::string_view trim_end(std::string_view s);                       ///< without ASCII white space at the end
std::vector<std::string> split(std::string_view s, char separator);  ///< empty parts kept; "" is one empty part
std::vector<std::string> lines(std::string_view s);  ///< without their '\n'; a final '\n' opens no further line
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string lower(std::string_view s);  ///< ASCII only
std::string replace_all(std::string s, std::string_view from, std::string_view to);
std::string_view first_line(std::string_view s);

/// A URL as people and logs may see it: without user and password, its query as "?…".
std::string public_url(std::string_view url);

/// The known name nearest to `name` by edit distance, when it is near enough to be a typing mistake.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known);

/// The hint that goes with an unknown name: `did you mean "Grep"? known tools: Bash, Edit, …`.
/// `plural` names what is listed ("tools"); a long list is cut with its count.
std::string suggest(std::string_view name, std::span<const std::string> known, std::string_view plural);

/// "1 file", "2 files".
std::string count_of(std::size_t n, std::string_view singular);

/// At most `max_columns` terminal columns, the rest replaced by "…".
std::string ellipsize(std::string_view s, std::size_t max_columns);

/// Head and tail of `s` in at most `max_bytes`, cut at line or character borders, with `note(omitted bytes)` between.
struct Preview {
  std::string text;
  bool truncated = false;
  std::size_t omitted_bytes = 0;
};
Preview preview(std::string_view s, std::size_t max_bytes, std::string_view note);

}  // namespace errand::text
