#pragma once

#include <string>

#include "http/curl_api.hpp"

namespace errand::http {

/// Where a request goes: the parsed URL, and how it is named to people.
struct Target {
  UrlHandle url;     ///< for CURLOPT_CURLU, so that what was checked is what is fetched
  std::string host;  ///< "api.example.com", "127.0.0.1:8080": with the port where it is not the scheme's own
  std::string path;  ///< without the query
  bool secure = false;
};

/// Parses an absolute http or https URL. Fails with `config`, showing no more of it than scheme, host and path.
Result<Target> parse_target(const CurlApi& curl, const std::string& url);

}  // namespace errand::http
