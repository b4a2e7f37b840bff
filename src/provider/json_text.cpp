#include "provider/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::provider {

namespace {

constexpr std::size_t max_number_digits = 9;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}

bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool must_escape(char c) {
  return is_control(c) || c == '"' || c == '\\';
}

constexpr std::uint64_t every_byte(std::uint64_t byte) {
  return byte * 0x0101010101010101U;
}

// The high bit of each byte below `limit` (at most 128) is set; above the lowest such byte others may be too.
constexpr std::uint64_t bytes_below(std::uint64_t word, std::uint64_t limit) {
  return (word - every_byte(limit)) & ~word & every_byte(0x80);
}

// How many bytes from `at` on can stand in a JSON string as they are. Eight at a time: whole conversations go through
// here before each request.
std::size_t plain_bytes(std::string_view text, std::size_t at) {
  const auto begin = at;
  for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    const auto quotes = bytes_below(word ^ every_byte('"'), 1);
    const auto backslashes = bytes_below(word ^ every_byte('\\'), 1);
    if ((bytes_below(word, 0x20) | quotes | backslashes) != 0) break;
  }
  while (at < text.size() && !must_escape(text[at])) ++at;
  return at - begin;
}

// The letter after the backslash that stands for `c`, or 0.
char short_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view value) {
  if (!unicode::is_valid_utf8(value)) {
    append_json_string(out, unicode::to_valid_utf8(value));
    return;
  }
  out += '"';
  for (std::size_t at = 0; at < value.size(); ++at) {
    const auto plain = plain_bytes(value, at);
    out.append(value, at, plain);
    at += plain;
    if (at == value.size()) break;
    if (const char letter = short_escape(value[at])) {
      out += '\\';
      out += letter;
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(value[at]));
    }
  }
  out += '"';
}

std::string number_text(double value) {
  return fmt::format("{}", value);
}

bool is_object_text(std::string_view text) {
  const auto trimmed = text::trim(text);
  return trimmed.starts_with('{') && !chat::nests_deeper_than(trimmed, chat::max_json_depth) && Json::accept(trimmed);
}

std::string object_text(std::string_view text) {
  const auto trimmed = text::trim(text);
  if (trimmed.empty()) return "{}";
  if (is_object_text(trimmed)) return std::string(trimmed);
  std::string out = "{\"INVALID_JSON\":";
  append_json_string(out, text);
  return out += '}';
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  separate();
  append_json_string(out_, value);
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  separate();
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

// A value follows a bracket, a key or another value: the last character tells which.
void JsonWriter::separate() {
  if (out_.empty()) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':') out_ += ',';
}

bool JsonScanner::finished() {
  return peek() == 0 && at_ >= text_.size() && !failed_;
}

void JsonScanner::skip_space() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

char JsonScanner::peek() {
  skip_space();
  return at_ < text_.size() ? text_[at_] : '\0';
}

void JsonScanner::expect(char c) {
  if (peek() != c) {
    fail();
    return;
  }
  ++at_;
  first_ = true;
}

bool JsonScanner::next_element() {
  if (failed_) return false;
  if (peek() == ']') {
    ++at_;
    first_ = false;
    return false;
  }
  if (!first_) expect(',');
  first_ = false;
  return !failed_;
}

bool JsonScanner::next_key(std::string_view& key) {
  if (failed_) return false;
  if (peek() == '}') {
    ++at_;
    first_ = false;
    return false;
  }
  if (!first_) expect(',');
  first_ = false;
  plain(key);
  if (!failed_) expect(':');
  first_ = false;
  return !failed_;
}

void JsonScanner::plain(std::string_view& out) {
  if (peek() != '"') return fail();
  const auto begin = at_ + 1;
  auto end = begin;
  while (end < text_.size() && text_[end] != '"') {
    if (text_[end] == '\\' || is_control(text_[end])) return fail();
    ++end;
  }
  if (end >= text_.size()) return fail();
  out = text_.substr(begin, end - begin);
  at_ = end + 1;
}

void JsonScanner::string(std::string& out) {
  out.clear();
  if (peek() != '"') return fail();
  ++at_;
  bool ascii = true;
  while (!failed_ && at_ < text_.size() && text_[at_] != '"') {
    auto end = at_;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\\' && !is_control(text_[end])) {
      ascii = ascii && static_cast<unsigned char>(text_[end]) < 0x80;
      ++end;
    }
    out.append(text_, at_, end - at_);
    at_ = end;
    if (at_ >= text_.size() || is_control(text_[at_])) return fail();
    if (text_[at_] == '\\') escape(out);
  }
  if (at_ >= text_.size()) return fail();
  ++at_;
  if (!ascii && !unicode::is_valid_utf8(out)) fail();
}

bool JsonScanner::hex4(std::uint32_t& out) {
  if (text_.size() - at_ < 4) return false;
  const char* begin = text_.data() + at_;
  const auto [end, error] = std::from_chars(begin, begin + 4, out, 16);
  at_ += 4;
  return error == std::errc() && end == begin + 4;
}

// At the backslash of an escape sequence.
void JsonScanner::escape(std::string& out) {
  if (text_.size() - at_ < 2) return fail();
  const char letter = text_[at_ + 1];
  at_ += 2;
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (const auto known = letters.find(letter); known != std::string_view::npos) {
    out += meanings[known];
    return;
  }
  std::uint32_t unit = 0;
  if (letter != 'u' || !hex4(unit)) return fail();
  if (unit >= 0xDC00 && unit <= 0xDFFF) return fail();
  if (unit >= 0xD800 && unit <= 0xDBFF) {
    std::uint32_t low = 0;
    if (text_.substr(at_, 2) != "\\u") return fail();
    at_ += 2;
    if (!hex4(low) || low < 0xDC00 || low > 0xDFFF) return fail();
    unit = 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
  }
  unicode::append_utf8(out, unit);
}

void JsonScanner::number(std::size_t& out) {
  skip_space();
  const char* begin = text_.data() + at_;
  const char* limit = begin + std::min(max_number_digits, text_.size() - at_);
  const auto [end, error] = std::from_chars(begin, limit, out);
  const bool leading_zero = end - begin > 1 && *begin == '0';
  at_ += static_cast<std::size_t>(end - begin);
  if (error != std::errc() || leading_zero || (at_ < text_.size() && is_number_char(text_[at_]))) fail();
}

bool JsonScanner::null() {
  skip_space();
  if (text_.substr(at_, 4) != "null") return false;
  at_ += 4;
  return true;
}

void JsonScanner::skip_string() {
  ++at_;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (is_control(text_[at_])) return fail();
    at_ += text_[at_] == '\\' ? 2 : 1;
  }
  if (at_ >= text_.size()) return fail();
  ++at_;
}

void JsonScanner::skip_literal() {
  for (const std::string_view word : {"null", "true", "false"}) {
    if (text_.substr(at_, word.size()) == word) {
      at_ += word.size();
      return;
    }
  }
  const auto begin = at_;
  while (at_ < text_.size() && is_number_char(text_[at_])) ++at_;
  if (at_ == begin) fail();
}

void JsonScanner::skip() {
  std::size_t depth = 0;
  do {
    const char c = peek();
    if (c == 0) return fail();
    if (c == '"') {
      skip_string();
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at_;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return fail();
      --depth;
      ++at_;
    } else if (depth > 0 && (c == ',' || c == ':')) {
      ++at_;
    } else {
      skip_literal();
    }
  } while (depth > 0 && !failed_);
  first_ = false;
}

}  // namespace errand::provider
