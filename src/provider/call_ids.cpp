#include "provider/call_ids.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "provider/wire_value.hpp"

namespace errand::provider {

namespace {

constexpr std::size_t nine = 9;
constexpr std::size_t longest_stem = 58;  // leaves room for a number under the 64 bytes that APIs take

bool is_nine_alnum(std::string_view id) {
  return id.size() == nine &&
         std::ranges::all_of(id, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; });
}

// FNV-1a, 64 bits: stable over processes, which std::hash does not promise.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

std::string nine_of(std::uint64_t hash) {
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string out;
  for (std::size_t i = 0; i < nine; ++i, hash /= digits.size()) out += digits[hash % digits.size()];
  return out;
}

}  // namespace

std::string CallIds::shaped(const std::string& id, int attempt) const {
  if (style_ == CallIdStyle::nine_alnum) {
    if (attempt == 1 && is_nine_alnum(id)) return id;
    return nine_of(hash_of(fmt::format("{}#{}", id, attempt)));
  }
  const auto name = plain_name(id);
  return attempt == 1 ? name : fmt::format("{}_{}", name.substr(0, longest_stem), attempt);
}

const std::string& CallIds::of_call(const std::string& id) {
  int& attempt = attempts_[id];
  ++attempt;
  auto chosen = shaped(id, attempt);
  while (!used_.insert(chosen).second) chosen = shaped(id, ++attempt);
  return current_[id] = std::move(chosen);
}

std::string CallIds::of_result(const std::string& id) const {
  const auto found = current_.find(id);
  return found == current_.end() ? shaped(id, 1) : found->second;
}

}  // namespace errand::provider
