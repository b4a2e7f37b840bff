#include "http/target.hpp"

#include <string_view>

#include <fmt/format.h>

#include "base/unicode.hpp"

namespace errand::http {

namespace {

// A wrong URL without what may be secret in it: the user and password, the query and the fragment.
std::string presentable(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto authority = url.find("://") == std::string_view::npos ? 0 : url.find("://") + 3;
  const auto at = url.rfind('@');
  std::string shown(url.substr(0, authority));
  shown += at != std::string_view::npos && at >= authority ? url.substr(at + 1) : url.substr(authority);
  return unicode::sanitize(shown);
}

tl::unexpected<Error> wrong_url(const CurlApi& curl, const std::string& url, CURLUcode code) {
  return fail(ErrorKind::config, fmt::format("\"{}\" is no URL: {}", presentable(url), curl.url_strerror(code)),
              "a base_url looks like https://api.example.com/v1");
}

std::string part(const CurlApi& curl, CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl.url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string owned(text);
  curl.free(text);
  return owned;
}

}  // namespace

Result<Target> parse_target(const CurlApi& curl, const std::string& url) {
  if (url.find('\0') != std::string::npos) return wrong_url(curl, url, CURLUE_MALFORMED_INPUT);
  Target target{.url = UrlHandle(curl.url(), {&curl}), .host = {}, .path = {}};
  CURLU* const parsed = target.url.get();
  const auto code = curl.url_set(parsed, CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK) return wrong_url(curl, url, code);
  const auto scheme = part(curl, parsed, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return wrong_url(curl, url, CURLUE_UNSUPPORTED_SCHEME);
  target.secure = scheme == "https";
  target.host = part(curl, parsed, CURLUPART_HOST);
  const auto port = part(curl, parsed, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  if (!port.empty()) target.host += ":" + port;
  target.host = unicode::sanitize(target.host);
  target.path = unicode::sanitize(part(curl, parsed, CURLUPART_PATH));
  return target;
}

}  // namespace errand::http
