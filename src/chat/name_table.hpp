#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace errand::chat {

/// A row of a table that is read both ways: a value, and the word for it in files and on command lines.
template <class E>
struct Name {
  E value;
  std::string_view name;
};
template <class E>
Name(E, std::string_view) -> Name<E>;  // clang 14 needs the guide

/// "unknown" for a value without a row.
template <class E, std::size_t N>
std::string_view find_name(const std::array<Name<E>, N>& names, E value) {
  const auto found = std::ranges::find(names, value, &Name<E>::value);
  return found == names.end() ? std::string_view("unknown") : found->name;
}

template <class E, std::size_t N>
std::optional<E> find_value(const std::array<Name<E>, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name, &Name<E>::name);
  if (found == names.end()) return std::nullopt;
  return found->value;
}

}  // namespace errand::chat
