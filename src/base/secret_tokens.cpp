#include <algorithm>
#include <array>

#include "base/secret_shapes.hpp"
#include "base/text.hpp"

namespace errand::secrets {

namespace {

constexpr std::size_t max_token_bytes = 8192;

enum class Alphabet { alnum, upper_base32, hex, word, url_safe, dotted, path };

// A kind of token: what it begins with, what it is made of, how long it is without its beginning.
struct TokenShape {
  std::string_view prefix;
  Alphabet alphabet = Alphabet::alnum;
  std::size_t shortest = 0;
  std::size_t longest = max_token_bytes;
  std::string_view name;
  bool loose = false;  // short prefix, common in other text: a part of it has to look like a key
};

// By the makers' own pages on secret scanning and the forms in use. `word` is [A-Za-z0-9_], `url_safe` adds '-'.
constexpr TokenShape shapes[] = {
    {"sk-ant-", Alphabet::url_safe, 24, max_token_bytes, "Anthropic key"},
    {"sk-proj-", Alphabet::url_safe, 20, max_token_bytes, "OpenAI key"},
    {"sk-svcacct-", Alphabet::url_safe, 20, max_token_bytes, "OpenAI key"},
    {"sk-admin-", Alphabet::url_safe, 20, max_token_bytes, "OpenAI key"},
    {"sk-or-v1-", Alphabet::hex, 64, 64, "OpenRouter key"},
    {"sk-", Alphabet::url_safe, 20, max_token_bytes, "API key", true},
    {"AIza", Alphabet::url_safe, 35, 35, "Google key"},
    {"ya29.", Alphabet::url_safe, 30, max_token_bytes, "Google token"},
    {"GOCSPX-", Alphabet::url_safe, 28, 28, "Google client secret"},
    {"gsk_", Alphabet::alnum, 48, 64, "Groq key"},
    {"xai-", Alphabet::alnum, 64, 128, "xAI key"},
    {"pplx-", Alphabet::alnum, 40, 64, "Perplexity key"},
    {"ghp_", Alphabet::alnum, 36, 255, "GitHub token"},
    {"gho_", Alphabet::alnum, 36, 255, "GitHub token"},
    {"ghu_", Alphabet::alnum, 36, 255, "GitHub token"},
    {"ghs_", Alphabet::alnum, 36, 255, "GitHub token"},
    {"ghr_", Alphabet::alnum, 36, 255, "GitHub token"},
    {"github_pat_", Alphabet::word, 40, 255, "GitHub token"},
    {"glpat-", Alphabet::dotted, 20, 300, "GitLab token"},
    {"gldt-", Alphabet::url_safe, 20, 64, "GitLab token"},
    {"glrt-", Alphabet::dotted, 20, 300, "GitLab token"},
    {"xoxa-", Alphabet::url_safe, 20, 255, "Slack token"},
    {"xoxb-", Alphabet::url_safe, 20, 255, "Slack token"},
    {"xoxp-", Alphabet::url_safe, 20, 255, "Slack token"},
    {"xoxr-", Alphabet::url_safe, 20, 255, "Slack token"},
    {"xoxs-", Alphabet::url_safe, 20, 255, "Slack token"},
    {"xoxe.", Alphabet::dotted, 20, 300, "Slack token"},
    {"hooks.slack.com/services/", Alphabet::path, 30, 120, "Slack webhook"},
    {"xapp-", Alphabet::url_safe, 30, 255, "Slack token"},
    {"AKIA", Alphabet::upper_base32, 16, 16, "AWS key id"},
    {"ASIA", Alphabet::upper_base32, 16, 16, "AWS key id"},
    {"npm_", Alphabet::alnum, 36, 36, "npm token"},
    {"pypi-AgE", Alphabet::url_safe, 50, max_token_bytes, "PyPI token"},
    {"hf_", Alphabet::alnum, 30, 64, "Hugging Face token"},
    {"SG.", Alphabet::dotted, 60, 80, "SendGrid key"},
    {"sk_live_", Alphabet::alnum, 16, 255, "Stripe key"},
    {"rk_live_", Alphabet::alnum, 16, 255, "Stripe key"},
    {"sk_test_", Alphabet::alnum, 24, 255, "Stripe key"},
    {"whsec_", Alphabet::alnum, 30, 64, "Stripe webhook secret"},
    {"shpat_", Alphabet::hex, 32, 32, "Shopify token"},
    {"dop_v1_", Alphabet::hex, 64, 64, "DigitalOcean token"},
    {"dckr_pat_", Alphabet::url_safe, 27, 27, "Docker token"},
    {"hvs.", Alphabet::url_safe, 24, 255, "Vault token"},
    {"dapi", Alphabet::hex, 32, 32, "Databricks token"},
    {"AGE-SECRET-KEY-1", Alphabet::alnum, 58, 58, "age key"},
};

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_of(Alphabet alphabet, char c) {
  switch (alphabet) {
    case Alphabet::alnum:
      return is_alnum(c);
    case Alphabet::upper_base32:
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    case Alphabet::hex:
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    case Alphabet::word:
      return is_alnum(c) || c == '_';
    case Alphabet::url_safe:
      return is_alnum(c) || c == '_' || c == '-';
    case Alphabet::dotted:
      return is_alnum(c) || c == '_' || c == '-' || c == '.';
    case Alphabet::path:
      return is_alnum(c) || c == '/';
  }
  return false;
}

std::size_t end_of_run(std::string_view text, std::size_t at, Alphabet alphabet,
                       std::size_t longest = max_token_bytes) {
  const auto limit = std::min(text.size(), at + longest + 1);
  while (at < limit && is_of(alphabet, text[at])) ++at;
  return at;
}

// "sk-" also begins names of things: a key has a stretch of letters and digits without a break.
bool has_long_part(std::string_view body) {
  constexpr std::size_t shortest_part = 16;
  while (!body.empty()) {
    const auto end = std::min(body.find_first_of("-_"), body.size());
    const auto part = body.substr(0, end);
    const bool digits = std::ranges::any_of(part, [](char c) { return c >= '0' && c <= '9'; });
    const bool letters = std::ranges::any_of(part, [](char c) { return c > '9'; });
    if (part.size() >= shortest_part && digits && letters) return true;
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return false;
}

Look look_at_shape(const TokenShape& shape, std::string_view text, std::size_t at) {
  const auto begin = at + shape.prefix.size();
  auto end = end_of_run(text, begin, shape.alphabet, shape.longest);
  const bool runs_out = end == text.size() && end - begin <= shape.longest;
  while (end > begin && text[end - 1] == '.') --end;  // the end of a sentence
  const auto body = text.substr(begin, end - begin);
  const bool fits = body.size() >= shape.shortest && body.size() <= shape.longest && !is_placeholder(body) &&
                    (!shape.loose || has_long_part(body));
  if (fits) return {Look::At::secret, at, end, shape.name};
  return {.at = runs_out ? Look::At::end_of_text : Look::At::nothing, .begin = at};
}

// Within a run of such characters nothing begins: else each place of it would be looked at to its end.
bool goes_on_from_before(std::string_view text, std::size_t at, std::string_view joints) {
  return at > 0 && joints.find(text[at - 1]) != std::string_view::npos;
}

// base64url (RFC 4648, section 5); what is none ends it.
std::string decoded(std::string_view text) {
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= 'A' && c <= 'Z')
      digit = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<unsigned>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      digit = static_cast<unsigned>(c - '0') + 52;
    else if (c == '-' || c == '+')
      digit = 62;
    else if (c == '_' || c == '/')
      digit = 63;
    else
      break;
    held = (held << 6U) | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>((held >> bits) & 0xFFU);
  }
  return out;
}

// RFC 7515: header, payload and signature in base64url; the header is a JSON object that names the algorithm.
bool is_web_token(std::string_view token) {
  constexpr std::size_t shortest_signature = 20;
  const auto parts = text::split(token, '.');
  if (parts.size() < 3 || parts[1].size() < 4 || parts[2].size() < shortest_signature) return false;
  const auto header = decoded(parts[0]);
  return header.starts_with('{') && header.find("\"alg\"") != std::string::npos;
}

// Line breaks inside strings are written "\n"; listings put line numbers and tabs before each line.
bool is_of_key_body(char c) {
  return is_alnum(c) || std::string_view("+/= \t\r\n\\:,-\"'").find(c) != std::string_view::npos;
}

// The end of what may be a key's body, and its longest stretch of base64.
struct KeyBody {
  std::size_t end = 0;
  std::size_t longest_run = 0;
};

KeyBody key_body(std::string_view text, std::size_t at) {
  constexpr std::size_t before_body = 300;  // headers of an encrypted key
  KeyBody out{.end = at};
  std::size_t run = 0;
  for (; out.end < text.size() && is_of_key_body(text[out.end]); ++out.end) {
    const char c = text[out.end];
    if (c == '-' && text.substr(out.end).starts_with("-----")) break;
    run = is_alnum(c) || c == '+' || c == '/' ? run + 1 : 0;
    out.longest_run = std::max(out.longest_run, run);
    if (out.longest_run < 32 && out.end - at > before_body) break;
  }
  return out;
}

// Just behind "-----END … -----" when it stands at `at`; 0 when it does not, npos when the text ends before.
std::size_t end_of_end_line(std::string_view text, std::size_t at) {
  constexpr std::string_view end_mark = "-----END ";
  const auto rest = text.substr(at);
  if (!rest.starts_with(end_mark)) return end_mark.starts_with(rest) ? std::string_view::npos : 0;
  const auto close = rest.find("-----", end_mark.size());
  return close == std::string_view::npos ? close : at + close + 5;
}

}  // namespace

std::vector<std::string_view> token_prefixes() {
  std::vector<std::string_view> out;
  for (const auto& shape : shapes) {
    if (std::ranges::find(out, shape.prefix.substr(0, 3)) == out.end()) out.push_back(shape.prefix.substr(0, 3));
  }
  return out;
}

Look look_at_token(std::string_view text, std::size_t at) {
  if (!begins_word(text, at)) return {};
  const auto rest = text.substr(at);
  Look out;
  for (const auto& shape : shapes) {
    if (rest.size() < shape.prefix.size() && shape.prefix.starts_with(rest))
      out = {.at = Look::At::end_of_text, .begin = at};
    if (!rest.starts_with(shape.prefix)) continue;
    if (shape.loose && at > 0 && text[at - 1] == '.') continue;  // a class of a style sheet
    if (shape.alphabet == Alphabet::url_safe && goes_on_from_before(text, at, "-_")) continue;
    const auto seen = look_at_shape(shape, text, at);
    if (seen.at == Look::At::secret) return seen;
    if (seen.at == Look::At::end_of_text) out = seen;
  }
  return out;
}

Look look_at_web_token(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("eyJ") || !begins_word(text, at) || goes_on_from_before(text, at, "-_.")) return {};
  const auto end = end_of_run(text, at, Alphabet::dotted);
  if (end - at > max_token_bytes) return {};
  if (is_web_token(text.substr(at, end - at))) return {Look::At::secret, at, end, "JSON web token"};
  return {.at = end == text.size() ? Look::At::end_of_text : Look::At::nothing, .begin = at};
}

Look look_at_private_key(std::string_view text, std::size_t at) {
  constexpr std::size_t longest_label = 60;
  constexpr std::size_t shortest_run = 32;
  const auto begin_mark = text.substr(at, 11);
  if (begin_mark.size() < 11 && std::string_view("-----BEGIN ").starts_with(begin_mark))
    return {.at = Look::At::end_of_text, .begin = at};
  if (begin_mark != "-----BEGIN ") return {};
  const auto label_end = text.find("-----", at + 11);
  if (label_end == std::string_view::npos || label_end - at > longest_label)
    return {.at = text.size() - at <= longest_label ? Look::At::end_of_text : Look::At::nothing, .begin = at};
  if (text.substr(at, label_end - at).find("PRIVATE KEY") == std::string_view::npos) return {};
  const auto body = key_body(text, label_end + 5);
  const auto end = end_of_end_line(text, body.end);
  if (end == std::string_view::npos && body.longest_run < shortest_run)
    return {.at = Look::At::end_of_text, .begin = at};
  if (body.longest_run < shortest_run) return {};
  return {Look::At::secret, at, end == 0 ? body.end : std::min(end, text.size()), "private key"};
}

}  // namespace errand::secrets
