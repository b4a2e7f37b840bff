#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "http/curl_api.hpp"

namespace errand::http {

/// What is known of a transfer that failed.
struct Failure {
  CURLcode code = CURLE_OK;
  int os_error = 0;            ///< errno of the failed system call, 0 when there was none
  std::string detail;          ///< libcurl's own words
  std::string host;            ///< as Target::host
  std::string address{};       ///< as Request::address
  std::uint64_t received = 0;  ///< bytes of the body
  std::chrono::milliseconds connect_limit{0};
};

/// The failure as an Error: a sentence that names the host, a hint, and whether the same request may succeed later.
Error explain(const Failure& failure);

/// The server sent nothing for `idle_limit`.
Error explain_silence(const std::string& host, std::chrono::milliseconds idle_limit);

}  // namespace errand::http
