#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"

namespace errand::store {

// How a user names a session.

struct FullId {
  std::string id;
  bool operator==(const FullId&) const = default;
};
/// `latest` is rank 1, `-N` rank N.
struct Rank {
  int rank = 1;
  bool operator==(const Rank&) const = default;
};
/// A name, or the beginning of an id when it can be one.
struct Word {
  std::string text;
  bool may_be_prefix = false;
  bool operator==(const Word&) const = default;
};

using Reference = std::variant<FullId, Rank, Word>;

/// Shortest beginning of an id that is looked up.
inline constexpr std::size_t min_prefix = 4;

/// `usage` when it can't name any session: empty, too long, with control characters or bad UTF-8, `-0`, `-x`.
Result<Reference> parse_reference(std::string_view text);

/// `usage` when no reference could ever find a session by this name.
Result<void> check_name(std::string_view name);

/// `failure` unless `id` is a session's id in full: ids become file names and are never cleaned up.
Result<void> check_id(std::string_view id);

/// The same for a run, which has no name: every Word may be a prefix.
Result<Reference> parse_run_reference(std::string_view text);

/// The failure for a run nobody knows.
tl::unexpected<Error> no_such_run(std::string_view reference);

/// `usage` unless `name` can be a lock's.
Result<void> check_lock_name(std::string_view name);

/// The failure for a session nobody knows.
tl::unexpected<Error> no_such_session(std::string_view reference);

}  // namespace errand::store
