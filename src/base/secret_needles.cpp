#include "base/secret_needles.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::secrets {

namespace {

constexpr std::size_t base64_line = 76;  // where base64(1) breaks lines

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

enum class Digits { upper, lower };

std::string url_encoded(std::string_view value, Digits digits) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned>(static_cast<unsigned char>(c));
    if (is_unreserved(c))
      out += c;
    else
      out += digits == Digits::upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
  }
  return out;
}

std::string json_escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else
      out += c;
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out += digits[(held >> (bits - 6)) & 63U];
  }
  return out;
}

// The digits that depend on the value alone, when `before` bytes of something else stand before it.
std::string base64_at(std::string_view value, std::size_t before) {
  const auto all = base64(std::string(before, '\0') + std::string(value));
  const auto mixed = before == 0 ? 0 : before + 1;
  return all.substr(mixed);
}

std::string url_safe(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

// Any word may end with the letter that a needle begins with: as long as it is alone it has to begin the word.
bool is_worth_waiting(std::string_view text, std::size_t at) {
  if (text.size() - at > 1 || at == 0) return true;
  const char before = text[at - 1];
  return static_cast<unsigned char>(before) < 0x80 && (!is_unreserved(before) || before == '.');
}

}  // namespace

std::vector<std::string> spellings_of(std::string_view value) {
  const auto quoted = json_escaped(value);
  std::vector<std::string> out = {std::string(value),
                                  quoted,
                                  text::replace_all(quoted, "/", "\\/"),
                                  json_escaped(quoted),
                                  url_encoded(value, Digits::upper),
                                  url_encoded(value, Digits::lower)};
  for (std::size_t before = 0; before < 3; ++before) {
    const auto encoded = base64_at(value, before);
    for (auto& form : {encoded, url_safe(encoded)}) out.push_back(form);
  }
  const auto lines = base64(value);
  for (std::size_t at = 0; lines.size() > base64_line && at < lines.size(); at += base64_line) {
    out.push_back(lines.substr(at, base64_line));
  }
  std::erase_if(out, [](const std::string& form) { return form.size() < Needles::shortest; });
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::size_t Needles::slot_of(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, block);
  return (value * 0x9E3779B1U) >> (32U - slot_bits);
}

void Needles::add(std::string bytes, std::string name) {
  if (bytes.size() < shortest || needles_.size() >= UINT16_MAX) return;
  for (std::size_t i = 0; i + block <= shortest; ++i) {
    auto& shift = shift_[slot_of(bytes.data() + i)];
    shift = std::min(shift, static_cast<std::uint8_t>(shortest - block - i));
  }
  longest_ = std::max(longest_, bytes.size());
  by_first_byte_[static_cast<unsigned char>(bytes.front())].push_back(static_cast<std::uint16_t>(needles_.size()));
  needles_.push_back({std::move(bytes), std::move(name)});
}

const Needles::Needle* Needles::longest_at(std::string_view text, std::size_t at) const {
  const Needle* best = nullptr;
  const auto rest = text.substr(at);
  for (const auto index : by_first_byte_[static_cast<unsigned char>(rest.front())]) {
    const auto& needle = needles_[index];
    if ((best == nullptr || needle.bytes.size() > best->bytes.size()) && rest.starts_with(needle.bytes)) best = &needle;
  }
  return best;
}

bool Needles::begins_one(std::string_view rest) const {
  return std::ranges::any_of(by_first_byte_[static_cast<unsigned char>(rest.front())], [&](std::uint16_t index) {
    const auto& bytes = needles_[index].bytes;
    return bytes.size() > rest.size() && bytes.starts_with(rest);
  });
}

Findings Needles::find(std::string_view text, std::size_t from, Ending ending) const {
  Findings out{.found = {}, .decided = text.size()};
  if (needles_.empty()) return out;
  std::size_t at = from == 0 ? 0 : from - 1;  // one letter alone is not held back
  while (at + shortest <= text.size()) {
    if (const auto shift = shift_[slot_of(text.data() + at + shortest - block)]; shift > 0) {
      at += shift;
      continue;
    }
    if (ending == Ending::open && begins_one(text.substr(at))) break;  // a longer one may come to stand here
    const auto* needle = longest_at(text, at);
    if (needle != nullptr) out.found.push_back({std::max(at, from), at + needle->bytes.size(), needle->name});
    at += needle != nullptr ? needle->bytes.size() : 1;
  }
  if (ending == Ending::whole) return out;
  const auto last_end = out.found.empty() ? 0 : out.found.back().end;
  const auto first = std::max(from == 0 ? 0 : from - 1, last_end);
  for (at = cut_off_at(text, first); at < text.size() && !is_worth_waiting(text, at);) at = cut_off_at(text, at + 1);
  out.decided = std::max(std::min(at, text.size()), from);
  return out;
}

std::size_t Needles::cut_off_at(std::string_view text, std::size_t from) const {
  const auto tail = text.size() < longest_ ? 0 : text.size() - longest_ + 1;
  auto at = std::max(from, tail);
  while (at < text.size() && !begins_one(text.substr(at))) ++at;
  return std::min(at, text.size());
}

}  // namespace errand::secrets
