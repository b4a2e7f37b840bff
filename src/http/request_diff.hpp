#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"
#include "http/recording.hpp"

// Internal to this room: whether two requests mean the same.
namespace errand::http {

/// A place where two bodies differ, and what each has there, shortened for people and safe to show.
struct Difference {
  std::string place;  ///< JSON pointer: "/messages/0/content"
  std::string recorded;
  std::string sent;
  bool operator==(const Difference&) const = default;
};

/// How many places differ, and the first of them.
struct Comparison {
  static constexpr std::size_t most_shown = 20;
  std::size_t count = 0;
  std::vector<Difference> first;
};

/// Compares by meaning: the order of keys and the spelling of numbers do not count. A list that is longer differs in
/// each of its further items.
Comparison compare(const Json& recorded, const Json& sent);

/// A body as it is compared: `places` and the ids that every session makes anew become marks. What is no JSON is a
/// string.
Json comparable(std::string body, const std::vector<NamedPlace>& places);

/// Whether two addresses name the same resource behind whatever host: the path of one ends as the other's does (a proxy
/// puts its own before it).
[[nodiscard]] bool same_resource(std::string_view url, std::string_view other);

}  // namespace errand::http
