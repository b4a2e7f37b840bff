#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/yaml.hpp"

// Internal to this room: changes of YAML text in place. All else stays byte for byte.
namespace errand::config::yaml {

/// A text in double quotes, as YAML reads it.
std::string in_quotes(std::string_view text);

/// Where line `line` (from 1) begins; the end of the text for a line behind it.
std::size_t line_begin(std::string_view text, int line);

std::size_t offset_of(std::string_view text, Mark mark);

/// The blanks before a key.
std::string indent_of(const Key& key);

/// The line behind the value of a map's key number `index`, where nothing of the map stands behind `end`: without the
/// blank lines, and the comments indented less than the map, that lead over to what follows.
std::size_t end_of_entry(std::string_view text, const Node& map, std::size_t index, std::size_t end);

/// `addition` at `at`, on lines of its own, which end as the line before does.
std::string with_lines(const std::string& text, std::size_t at, std::string_view addition);

Node& child(Node& map, std::string_view name);
void drop(Node& map, std::string_view name);

/// The text with `value` (YAML, on one line) at the dotted place `path`; what is missing on the way is made. nullopt:
/// that would take rewriting more of it.
std::optional<std::string> with_value(const std::string& text, const Node& root, std::span<const std::string> path,
                                      const std::string& value);

/// The text without what stands at `path`, and without maps that would be empty then. nullopt as above.
std::optional<std::string> without_value(const std::string& text, const Node& root, std::span<const std::string> path);

}  // namespace errand::config::yaml
