#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"

namespace errand::test::e2e {

/// What is wrong, a sentence each; empty when all is well.
using Failures = std::vector<std::string>;

/// `text` as a failure shows it: control characters other than '\n' as \xNN, a missing final newline marked.
std::string visible(std::string_view text);

/// How `got` differs from `expected`: the lines around the first difference, '-' for expected and '+' for got.
std::string difference(std::string_view expected, std::string_view got);

/// Holds `got` against an expectation: a string (equal), or a map of `is` (equal), `contains`, `lacks` (substrings)
/// and `matches` (RE2, anywhere, '.' stops at a line's end), each one string or a list. Throws std::runtime_error when
/// the expectation itself is malformed.
Failures check_text(std::string_view what, const Json& expected, std::string_view got);

/// Holds `got` against an expectation: an object's keys must be there and fit, others may be; a list fits one of the
/// same length item by item; anything else must be equal. An object of these keys says more: `$contains`, `$lacks`,
/// `$matches` (of a string), `$has` (each one fits some item of the list), `$has_not` (fits none), `$length`,
/// `$any: true` (there, whatever it is), `$absent: true`.
Failures check_json(const std::string& what, const Json& expected, const Json& got);

}  // namespace errand::test::e2e
