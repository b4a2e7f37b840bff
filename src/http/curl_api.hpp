#pragma once

#include <memory>

#define CURL_DISABLE_TYPECHECK  // its macros replace curl_easy_setopt, whose type is wanted here
#include <curl/curl.h>

#include "base/error.hpp"

namespace errand::http {

/// The functions of libcurl this room uses. The library is loaded when first needed: linking it would cost every start
/// of the program some 5 ms for its thirty libraries, also where nothing is sent.
struct CurlApi {
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_pause) easy_pause = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_multi_init) multi_init = nullptr;
  decltype(&curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&curl_multi_setopt) multi_setopt = nullptr;
  decltype(&curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&curl_multi_perform) multi_perform = nullptr;
  decltype(&curl_multi_info_read) multi_info_read = nullptr;
  decltype(&curl_multi_poll) multi_poll = nullptr;
  decltype(&curl_multi_wakeup) multi_wakeup = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
  decltype(&curl_url) url = nullptr;
  decltype(&curl_url_cleanup) url_cleanup = nullptr;
  decltype(&curl_url_set) url_set = nullptr;
  decltype(&curl_url_get) url_get = nullptr;
  decltype(&curl_url_strerror) url_strerror = nullptr;
  decltype(&curl_free) free = nullptr;
  const char* ca_file = nullptr;       ///< the system's certificate authorities, where libcurl was built to know them
  const char* ca_directory = nullptr;  ///< the same, hashed (c_rehash)
};

/// libcurl, loaded and initialised by the first call and kept for the life of the process. Thread-safe; takes some 5 ms
/// the first time. Fails with `failure` where the library is missing or too old.
Result<const CurlApi*> load_curl();

/// Deleters that know where their function is.
template <class T, auto Free>
struct CurlDelete {
  const CurlApi* curl = nullptr;
  void operator()(T* handle) const { (curl->*Free)(handle); }
};
template <class T, auto Free>
using CurlOwned = std::unique_ptr<T, CurlDelete<T, Free>>;

using EasyHandle = CurlOwned<CURL, &CurlApi::easy_cleanup>;
using MultiHandle = CurlOwned<CURLM, &CurlApi::multi_cleanup>;
using HeaderList = CurlOwned<curl_slist, &CurlApi::slist_free_all>;
using UrlHandle = CurlOwned<CURLU, &CurlApi::url_cleanup>;

}  // namespace errand::http
