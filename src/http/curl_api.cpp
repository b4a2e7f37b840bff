#include "http/curl_api.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace errand::http {

namespace {

constexpr const char* library_name = "libcurl.so.4";

tl::unexpected<Error> cannot_load(const char* why) {
  return fail(ErrorKind::failure,
              fmt::format("can't load {}: {}", library_name, why != nullptr ? why : "unknown reason"),
              "install libcurl 7.86 or later (Debian: libcurl4)");
}

// Looks names up and remembers the first that is missing.
struct Symbols {
  void* library = nullptr;
  const char* missing = nullptr;

  template <class F>
  void find(F& function, const char* name) {
    function = reinterpret_cast<F>(::dlsym(library, name));
    if (function == nullptr && missing == nullptr) missing = name;
  }
};

Result<CurlApi> load() {
  // Never closed: OpenSSL registers what runs at exit.
  void* const library = ::dlopen(library_name, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return cannot_load(::dlerror());
  CurlApi api;
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_version_info) version_info = nullptr;
  Symbols symbols{.library = library};
  symbols.find(global_init, "curl_global_init");
  symbols.find(version_info, "curl_version_info");
  symbols.find(api.easy_init, "curl_easy_init");
  symbols.find(api.easy_cleanup, "curl_easy_cleanup");
  symbols.find(api.easy_setopt, "curl_easy_setopt");
  symbols.find(api.easy_getinfo, "curl_easy_getinfo");
  symbols.find(api.easy_pause, "curl_easy_pause");
  symbols.find(api.easy_strerror, "curl_easy_strerror");
  symbols.find(api.multi_init, "curl_multi_init");
  symbols.find(api.multi_cleanup, "curl_multi_cleanup");
  symbols.find(api.multi_setopt, "curl_multi_setopt");
  symbols.find(api.multi_add_handle, "curl_multi_add_handle");
  symbols.find(api.multi_remove_handle, "curl_multi_remove_handle");
  symbols.find(api.multi_perform, "curl_multi_perform");
  symbols.find(api.multi_info_read, "curl_multi_info_read");
  symbols.find(api.multi_poll, "curl_multi_poll");
  symbols.find(api.multi_wakeup, "curl_multi_wakeup");
  symbols.find(api.slist_append, "curl_slist_append");
  symbols.find(api.slist_free_all, "curl_slist_free_all");
  symbols.find(api.url, "curl_url");
  symbols.find(api.url_cleanup, "curl_url_cleanup");
  symbols.find(api.url_set, "curl_url_set");
  symbols.find(api.url_get, "curl_url_get");
  symbols.find(api.url_strerror, "curl_url_strerror");
  symbols.find(api.free, "curl_free");
  if (symbols.missing != nullptr) return cannot_load(fmt::format("it has no {}", symbols.missing).c_str());
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return cannot_load("it can't be initialised");
  const auto* const built = version_info(CURLVERSION_NOW);
  if (built->age >= CURLVERSION_SEVENTH) {
    api.ca_file = built->cainfo;
    api.ca_directory = built->capath;
  }
  return api;
}

}  // namespace

Result<const CurlApi*> load_curl() {
  static const Result<CurlApi> loaded = load();
  if (!loaded) return fail(loaded.error());
  return &*loaded;
}

}  // namespace errand::http
