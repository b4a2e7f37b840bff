#pragma once

#include <cstddef>

#include "base/json.hpp"

namespace errand::provider {

/// The arguments of a call that Vertex AI streams value by value (`partialArgs`), put together.
///
/// A piece names its place as a JSONPath ("$.list[0].name", "$['a b']") and brings a string, which is appended to the
/// one that is there, or a number, a boolean or null. Lists grow by one entry at a time.
class GeminiArguments {
 public:
  /// False when the piece fits nowhere: the arguments can no longer be trusted.
  [[nodiscard]] bool add(const Json& piece);
  /// What was given whole beside pieces.
  void add_whole(const Json& object) { value_.update(object); }
  [[nodiscard]] const Json& value() const { return value_; }

 private:
  Json* place_of(std::string_view path);

  Json value_ = Json::object();
};

}  // namespace errand::provider
