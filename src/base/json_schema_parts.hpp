#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <re2/re2.h>

#include "base/json.hpp"

// Internal to json_schema: what checking a value and checking a schema share.
namespace errand::json_schema {

/// Deeper schemas and values than this are not followed: neither may take the stack.
inline constexpr int max_depth = 256;

/// How much of a wrong value is repeated.
inline constexpr std::size_t max_shown_columns = 60;

std::string shown(const Json& value);

/// What stands there instead, as a noun phrase.
std::string what_came(const Json& value);

/// Whether a double holds it exactly.
bool is_exact_integer(const Json& value);

/// nullptr where the keyword is missing.
const Json* at_key(const Json& schema, const char* key);

/// Quiet: what is wrong with one is asked of it.
std::unique_ptr<RE2> compiled(const std::string& pattern);

/// Where the references of a schema lead, which is borrowed.
class References {
 public:
  explicit References(const Json& root) : root_(root) { collect(root, 0); }

  /// nullptr: nowhere in this schema.
  [[nodiscard]] const Json* find(const std::string& reference) const;

 private:
  void collect(const Json& schema, int depth);
  void name(const Json& schema, const char* key, std::string_view before);

  const Json& root_;
  std::map<std::string, const Json*> names_;
};

}  // namespace errand::json_schema
