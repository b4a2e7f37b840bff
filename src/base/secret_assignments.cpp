#include <algorithm>
#include <array>

#include "base/secret_shapes.hpp"
#include "base/text.hpp"

namespace errand::secrets {

namespace {

constexpr std::size_t longest_value = 512;
constexpr std::size_t probe = 120;  // of a longer one tell whether it is random

// What something secret is assigned to: the end of a name.
struct Word {
  std::string_view text;
  std::string_view name;
};
constexpr Word words[] = {
    {"password", "password"},  {"passwd", "password"},       {"passphrase", "password"},   {"pwd", "password"},
    {"secret", "secret"},      {"token", "token"},           {"api_key", "API key"},       {"apikey", "API key"},
    {"api-key", "API key"},    {"access_key", "access key"}, {"access-key", "access key"}, {"accesskey", "access key"},
    {"private_key", "secret"}, {"credential", "secret"},     {"accountkey", "access key"}, {"_pass", "password"}};

// Names that end like one of these, and hold a place in a list.
constexpr std::array<std::string_view, 10> harmless_tokens = {"page",   "next",   "continuation", "sync", "sort",
                                                              "resume", "cursor", "publickey",    "etag", "starting"};

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '\\' || c == '`';
}

// A place in a text that moves on.
class Cursor {
 public:
  Cursor(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  template <class Is>
  std::size_t skip(Is is, std::size_t most) {
    const auto begin = at_;
    while (at_ < text_.size() && at_ - begin < most && is(text_[at_])) ++at_;
    return at_ - begin;
  }

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_;
};

bool is_of_value(char c) {
  if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F) return false;
  return std::string_view("\"'\\`,;&(){}[]<>|").find(c) == std::string_view::npos;
}

// "--password VALUE" needs no sign between them.
bool is_option(std::string_view text, std::size_t at) {
  while (at > 0 && (text[at - 1] == '-' || text[at - 1] == '_' || (text[at - 1] >= 'a' && text[at - 1] <= 'z'))) --at;
  return text.substr(at).starts_with("--");
}

// Steps over ` = "` and its like; false when no assignment stands there.
bool skip_sign(Cursor& cursor, bool option) {
  constexpr std::size_t few = 4;
  cursor.skip(is_quote, 2);
  const auto blanks = cursor.skip(is_blank, few);
  const auto signs = cursor.skip([](char c) { return c == '=' || c == ':' || c == '>'; }, 3);
  if (cursor.at_end()) return true;
  if (signs == 0 && !(option && blanks > 0)) return false;
  cursor.skip(is_blank, few);
  cursor.skip(is_quote, 2);
  return true;
}

// What ends with a bracket is code: "password = get(…)".
bool is_code(std::string_view text, std::size_t end) {
  return end < text.size() && std::string_view("([{<").find(text[end]) != std::string_view::npos;
}

bool is_place(std::string_view value) {
  if (value.find("://") != std::string_view::npos) return true;
  return value.starts_with('~') || value.starts_with('.') ||
         (value.starts_with('/') && value.find('/', 1) != std::string_view::npos);
}

bool is_harmless_token(std::string_view text, std::size_t at) {
  auto before = text::lower(text.substr(at < 16 ? 0 : at - 16, std::min<std::size_t>(at, 16)));
  while (!before.empty() && std::string_view("_- ").find(before.back()) != std::string_view::npos) before.pop_back();
  return std::ranges::any_of(harmless_tokens, [&](std::string_view word) { return before.ends_with(word); });
}

bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A part of a longer name: "AWS::ApiGateway::ApiKey", "arn:aws:secretsmanager:…:secret:…".
bool is_part_of_path(std::string_view text, std::size_t at, std::size_t end) {
  while (at > 0 && is_of_name(text[at - 1])) --at;
  const auto before = text.substr(0, at);
  return before.ends_with("::") || (before.ends_with(':') && end < text.size() && text[end] == ':');
}

// "config.v1beta2.auth3", "process.env.A1B2": names, the first of them a word, and code when no quote stands around.
bool is_dotted_name(std::string_view text, std::size_t at, std::string_view value) {
  if (at == 0 || !is_blank(text[at - 1]) || value.find('.') == std::string_view::npos) return false;
  const auto first = value.substr(0, value.find('.'));
  const bool word = first.size() >= 2 && std::ranges::all_of(first, [](char c) { return c >= 'a' && c <= 'z'; });
  return word && std::ranges::all_of(text::split(value, '.'), [](const std::string& part) {
           return !part.empty() && !(part[0] >= '0' && part[0] <= '9') && std::ranges::all_of(part, is_of_name);
         });
}

// "$TOKEN", "$config.token", "${" before what is no part of a value.
bool is_variable(std::string_view value) {
  if (!value.starts_with('$')) return false;
  return std::ranges::all_of(value.substr(1), [](char c) { return is_of_name(c) || c == '.' || c == ':' || c == '-'; });
}

Look value_at(std::string_view text, std::size_t at, std::size_t shortest, std::string_view name) {
  Cursor cursor(text, at);
  const bool quoted = at > 0 && is_quote(text[at - 1]) && text[at - 1] != '\\';
  const auto is_here = [quoted](char c) { return is_of_value(c) || (quoted && (c == '&' || c == ';' || c == '|')); };
  auto length = cursor.skip(is_here, probe);
  if (length == probe) {
    if (!looks_random(text.substr(at, length))) return {};
    length += cursor.skip(is_here, longest_value - probe);
  }
  const auto value = text.substr(at, length);
  if (const auto token = look_at_token(text, at); token.at == Look::At::secret) return token;
  if (cursor.at_end() && length < probe && (length < shortest || !looks_random(value)))
    return {.at = Look::At::end_of_text, .begin = at};
  if (length < shortest || length == longest_value || is_variable(value) || is_place(value) ||
      is_code(text, cursor.at()) || is_dotted_name(text, at, value))
    return {};
  if (!looks_random(value)) return {};
  return {Look::At::secret, at, cursor.at(), name};
}

// Base64 of "user:password" (RFC 7617); only such text decodes to printable characters with a colon in it.
bool is_user_and_password(std::string_view encoded) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : encoded.substr(0, encoded.find('='))) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return false;
    held = (held << 6U) | static_cast<unsigned>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>((held >> bits) & 0xFFU);
  }
  const auto colon = out.find(':');
  if (colon == std::string::npos || out.size() - colon < 6) return false;
  return std::ranges::all_of(out, [](char c) { return c > 0x20 && c < 0x7F; }) && !is_placeholder(out);
}

bool may_be_password(std::string_view user, std::string_view password) {
  constexpr std::array<std::string_view, 8> common = {"password", "passwd", "pass",  "secret",
                                                      "token",    "apikey", "guest", "admin"};
  constexpr std::size_t shortest = 6;
  constexpr std::size_t longest_word = 12;
  if (password.size() < shortest || password == user || is_placeholder(password)) return false;
  if (password.find_first_of("$*") != std::string_view::npos) return false;
  if (std::ranges::find(common, text::lower(password)) != common.end()) return false;
  const bool letters = std::ranges::all_of(
      password, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
  return !letters || password.size() >= longest_word * 2;
}

// Whose hosts are in nobody's hands (RFC 2606).
constexpr std::array<std::string_view, 6> reserved = {"example.com", "example.net", "example.org",
                                                      "example",     "invalid",     "test"};

bool is_within(std::string_view host, std::string_view domain) {
  return host.ends_with(domain) && (host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.');
}

bool is_reserved(std::string_view host) {
  return std::ranges::any_of(reserved, [&](auto domain) { return is_within(host, domain); });
}

}  // namespace

std::vector<std::string_view> assignment_words() {
  std::vector<std::string_view> out;
  for (const auto& word : words) out.push_back(word.text);
  return out;
}

Look look_at_assignment(std::string_view text, std::size_t at) {
  constexpr std::size_t shortest = 12;
  const auto rest = text::lower(text.substr(at, 12));
  const auto* word = std::ranges::find_if(words, [&](const Word& one) { return rest.starts_with(one.text); });
  if (word == std::end(words) || (word->text == "token" && is_harmless_token(text, at))) return {};
  if (is_part_of_path(text, at, at + word->text.size())) return {};
  Cursor cursor(text, at + word->text.size());
  if (!skip_sign(cursor, is_option(text, at))) return {};
  if (cursor.at_end()) return {};
  return value_at(text, cursor.at(), shortest, word->name);
}

Look look_at_credentials(std::string_view text, std::size_t at) {
  constexpr std::size_t shortest = 16;
  const bool basic = text::lower(text.substr(at, 5)) == "basic";
  Cursor cursor(text, at + (basic ? 5 : 6));
  const auto blanks = cursor.skip(is_blank, 4);
  if (cursor.at_end() || blanks == 0) return {};
  if (!basic) return value_at(text, cursor.at(), shortest, "bearer token");
  const auto begin = cursor.at();
  cursor.skip(is_of_value, longest_value);
  const auto value = text.substr(begin, cursor.at() - begin);
  if (is_user_and_password(value)) return {Look::At::secret, begin, cursor.at(), "password"};
  return {.at = cursor.at_end() && value.size() < longest_value ? Look::At::end_of_text : Look::At::nothing,
          .begin = begin};
}

Look look_at_url(std::string_view text, std::size_t at) {
  constexpr std::size_t longest_authority = 512;
  const auto begin = at + 3;
  Cursor cursor(text, begin);
  cursor.skip([](char c) { return is_of_value(c) && c != '/' && c != '?' && c != '#'; }, longest_authority);
  const auto authority = text.substr(begin, cursor.at() - begin);
  const auto sign = authority.rfind('@');
  const auto colon = authority.find(':');
  const bool undecided = cursor.at_end() && authority.size() < longest_authority && colon != std::string_view::npos;
  if (sign == std::string_view::npos)
    return {.at = undecided ? Look::At::end_of_text : Look::At::nothing, .begin = begin + colon + 1};
  if (colon >= sign || !may_be_password(authority.substr(0, colon), authority.substr(colon + 1, sign - colon - 1)))
    return {};
  const auto place = text::lower(authority.substr(sign + 1));
  const auto port = place.find(':');
  const bool goes_on = undecided && port == std::string::npos;
  if (is_reserved(std::string_view(place).substr(0, port)))
    return {.at = goes_on ? Look::At::end_of_text : Look::At::nothing, .begin = begin + colon + 1};
  return {Look::At::secret, begin + colon + 1, begin + sign, "password", goes_on};
}

}  // namespace errand::secrets
