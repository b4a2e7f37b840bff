#include "net/url.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::net {

namespace {

// Longer ones are answered with 414 by most servers.
constexpr std::size_t max_url_bytes = 16U << 10U;

tl::unexpected<Error> no_url(std::string_view text, std::string_view why) {
  return fail(ErrorKind::failure,
              fmt::format("\"{}\" is no URL to fetch: {}", text::ellipsize(unicode::sanitize(text), 200), why));
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The scheme, when the text begins with one and a colon (RFC 3986, 3.1).
std::string_view scheme_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) return {};
  const auto scheme = text.substr(0, colon);
  const bool fits = std::ranges::all_of(
      scheme, [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; });
  return fits ? scheme : std::string_view{};
}

std::string encoded(std::string_view target) {
  constexpr std::string_view unsafe = " \"<>`{}|\\^";
  std::string out;
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || unsafe.find(c) != std::string_view::npos) {
      out += fmt::format("%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

// RFC 3986, 5.2.4, for a path that begins with '/'.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string> kept;
  const auto segments = text::split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segments[i] != ".") {
      kept.push_back(segments[i]);
      continue;
    }
    if (last) kept.emplace_back();
  }
  return "/" + text::join(kept, "/");
}

Result<std::string_view> cleaned(std::string_view text) {
  const auto trimmed = text::trim(text);
  if (trimmed.size() > max_url_bytes) return no_url(trimmed, "it is too long");
  if (std::ranges::any_of(trimmed, is_control)) return no_url(trimmed, "it holds control characters");
  return trimmed.substr(0, trimmed.find('#'));
}

std::uint16_t port_of(Url::Scheme scheme) {
  return scheme == Url::Scheme::http ? 80 : 443;
}

}  // namespace

std::string Url::authority() const {
  return where.port == port_of(scheme) ? in_url(where.host) : fmt::format("{}:{}", in_url(where.host), where.port);
}

std::string Url::text() const {
  return fmt::format("{}://{}{}", scheme == Scheme::http ? "http" : "https", authority(), target);
}

Result<Url> parse_url(std::string_view text) {
  ERRAND_TRY_ASSIGN(auto rest, cleaned(text));
  const auto scheme = text::lower(scheme_of(rest));
  Url url;
  if (scheme == "http") {
    url.scheme = Url::Scheme::http;
  } else if (scheme != "https") {
    return no_url(text, "it has to begin with http:// or https://");
  }
  rest.remove_prefix(scheme.size() + 1);
  if (!rest.starts_with("//")) return no_url(text, "there is no // behind its scheme");
  rest.remove_prefix(2);
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = rest.substr(0, end);
  if (authority.empty()) return no_url(text, "it names no host");
  if (authority.find('@') != std::string_view::npos) {
    return fail(ErrorKind::denied, "a URL with a user or password in it is not fetched");
  }
  ERRAND_TRY_ASSIGN(url.where, parse_host_port(authority, port_of(url.scheme)));
  url.target = encoded(rest.substr(end));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  ERRAND_TRY_ASSIGN(const auto clean, cleaned(reference));
  if (!scheme_of(clean).empty()) return parse_url(clean);
  if (clean.starts_with("//")) {
    return parse_url(fmt::format("{}:{}", base.scheme == Url::Scheme::http ? "http" : "https", clean));
  }
  Url out = base;
  if (clean.empty()) return out;
  const auto base_path = base.target.substr(0, base.target.find('?'));
  const auto query = clean.find('?');
  const auto path = clean.substr(0, query);
  const auto rest = query == std::string_view::npos ? std::string_view{} : clean.substr(query);
  std::string merged = base_path;
  if (path.starts_with('/')) {
    merged = path;
  } else if (!path.empty()) {
    merged = base_path.substr(0, base_path.rfind('/') + 1) + std::string(path);
  }
  out.target = encoded((path.empty() ? merged : without_dot_segments(merged)) + std::string(rest));
  return out;
}

}  // namespace errand::net
