#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"

namespace errand::json_schema {

/// One way in which a value is not what a schema asks for.
struct Mistake {
  std::string at;    ///< the place, as people write it: "todos[2].status"; empty: the value itself
  std::string what;  ///< goes on from it: "must be an integer, not the string \"3\""
  bool operator==(const Mistake&) const = default;
};

/// Which keywords count.
enum class Keywords {
  /// type, required, properties, additionalProperties: false, items, enum, minimum, maximum, minLength, minItems and
  /// maxItems, as far as they are well formed. Others are passed over. Integers are those a double holds exactly.
  plain,
  /// What drafts 4 to 2020-12 have, but for `unevaluated…`. `format` and `content…` are notes, as the drafts allow.
  /// References lead into the schema itself.
  all,
};

/// What is wrong with `value`, in the order of the schema, at most `most` mistakes; empty: it fits. Nothing is coerced.
/// With Keywords::all, check_schema() has passed. The work is bounded: what a schema makes endless is a mistake.
std::vector<Mistake> mistakes_in(const Json& value, const Json& schema, Keywords keywords, std::size_t most);

/// Whether mistakes_in() can follow the schema with Keywords::all. `config` names the place as a JSON pointer: a type
/// that there is not, a keyword's value of the wrong kind, a pattern that is no regular expression (RE2's: without
/// look-around), a reference that leads nowhere in the schema, a keyword that can't be followed.
Result<void> check_schema(const Json& schema);

/// A place and what goes on from it, as one sentence: `"todos[2].status" must be …`; `the_value` is told of itself.
std::string to_string(const Mistake& mistake, const std::string& the_value);

}  // namespace errand::json_schema
