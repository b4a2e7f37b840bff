#include "http/exchange.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::http {

namespace {

// Bodies libcurl sends together with the head; larger ones are watched for progress.
constexpr std::size_t quickly_sent_bytes = 64U << 10U;

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

Result<void> check_header(const Header& header) {
  if (!is_token(header.name)) {
    return fail(ErrorKind::config, fmt::format("a header's name has {} bytes that are no name", header.name.size()),
                "a header's name holds letters, digits and hyphens");
  }
  if (header.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return fail(ErrorKind::config, fmt::format("the value of the header \"{}\" has a line break", header.name),
                "check the key or setting it comes from");
  }
  return {};
}

bool names(const Request& request, std::string_view header) {
  return std::ranges::any_of(request.headers, [&](const Header& given) { return text::lower(given.name) == header; });
}

// "HTTP/1.1 200 OK" -> 200.
std::optional<int> status_of(std::string_view line) {
  if (!line.starts_with("HTTP/")) return std::nullopt;
  const auto space = line.find(' ');
  int status = 0;
  if (space != std::string_view::npos) std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

}  // namespace

Exchange::Exchange(const CurlApi& curl, Target target, EasyHandle easy)
    : curl_(curl),
      target_(std::move(target)),
      headers_(nullptr, {&curl}),
      connect_to_(nullptr, {&curl}),
      easy_(std::move(easy)) {}

Result<std::shared_ptr<Exchange>> Exchange::make(const CurlApi& curl, const Request& request,
                                                 const ClientOptions& options, Trust trust) {
  if (!is_token(request.method)) return fail(ErrorKind::config, "an HTTP method holds letters only");
  ERRAND_TRY_ASSIGN(auto target, parse_target(curl, request.url));
  EasyHandle easy(curl.easy_init(), {&curl});
  if (!easy) return fail(ErrorKind::internal, "libcurl can't make a transfer");
  std::shared_ptr<Exchange> exchange(new Exchange(curl, std::move(target), std::move(easy)));
  ERRAND_TRY(exchange->set_up(request, options, trust));
  return exchange;
}

template <class T>
void Exchange::set(CURLoption option, T value) {
  static_assert(std::is_same_v<T, long> || std::is_pointer_v<T>, "libcurl reads a long or a pointer");
  const auto code = curl_.easy_setopt(easy_.get(), option, value);
  if (code != CURLE_OK && setting_failed_ == CURLE_OK) setting_failed_ = code;
}

Result<void> Exchange::set_up(const Request& request, const ClientOptions& options, Trust trust) {
  ERRAND_TRY(set_headers(request, options));
  set_method(request);
  set_connection(request);
  set_tls(request, options, trust);
  set_proxy(request, options);
  set_callbacks();
  if (!request.address.empty()) ERRAND_TRY(set_address(request));
  if (setting_failed_ == CURLE_OK) return {};
  return fail(ErrorKind::failure, fmt::format("libcurl refuses a setting: {}", curl_.easy_strerror(setting_failed_)),
              "install libcurl 7.86 or later, built with TLS (Debian: libcurl4)");
}

Result<void> Exchange::set_headers(const Request& request, const ClientOptions& options) {
  const auto add = [this](const std::string& line) {
    curl_slist* const longer = curl_.slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) return;
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  };
  for (const auto& header : request.headers) {
    ERRAND_TRY(check_header(header));
    // libcurl's way to say "with an empty value"; a bare colon would remove the header.
    add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  add("Expect:");  // it would cost a round trip, and some proxies a second of waiting
  if (!names(request, "content-type")) add("Content-Type:");
  set(CURLOPT_HTTPHEADER, headers_.get());
  if (!options.user_agent.empty()) set(CURLOPT_USERAGENT, options.user_agent.c_str());
  return {};
}

void Exchange::set_method(const Request& request) {
  set(CURLOPT_CURLU, target_.url.get());
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method == "GET" && request.body.empty()) {
    set(CURLOPT_HTTPGET, 1L);
  } else {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
    if (request.method != "POST") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void Exchange::set_connection(const Request& request) {
  connect_limit_ = request.connect_limit;
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::clamp<std::int64_t>(request.connect_limit.count(), 1, 1L << 30)));
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);               // a cancel must not wait for a name server
  set(CURLOPT_ACCEPT_ENCODING, "identity");  // compressing may delay a stream; what comes compressed unasked is decoded
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_KEEPIDLE, 30L);
  set(CURLOPT_TCP_KEEPINTVL, 15L);
  set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::open_socket);
  // Over TLS parallel requests wait for the first handshake to learn whether they can share its connection. In the
  // clear there is only HTTP/1.1, and they would wait for the first answer instead.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(target_.secure ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PIPEWAIT, target_.secure ? 1L : 0L);
  if (request.body.size() <= quickly_sent_bytes) return;
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
}

Result<void> Exchange::set_address(const Request& request) {
  address_ = request.address;
  const bool is_v6 = address_.find(':') != std::string::npos;
  const auto instead = is_v6 ? fmt::format("::[{}]:", address_) : fmt::format("::{}:", address_);
  connect_to_.reset(curl_.slist_append(nullptr, instead.c_str()));
  if (!connect_to_) return fail(ErrorKind::internal, "libcurl can't make a list");
  set(CURLOPT_CONNECT_TO, connect_to_.get());
  set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::open_checked_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_PROXY, "");
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // HTTP/2 would share it
  set(CURLOPT_PIPEWAIT, 0L);
  return {};
}

// libcurl shares no connection between requests that differ in authorities, client certificate or proxy.
void Exchange::set_tls(const Request& request, const ClientOptions& options, Trust trust) {
  const auto& tls = request.tls;
  own_authorities_ = !tls.ca_file.empty();
  ca_file_ = own_authorities_ ? tls.ca_file : options.ca_file;
  if (!own_authorities_) ca_directory_ = options.ca_directory;
  set_trust(own_authorities_ ? Trust::one_source : trust);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!tls.client_cert.empty()) set(CURLOPT_SSLCERT, tls.client_cert.c_str());
  if (!tls.client_key.empty()) set(CURLOPT_SSLKEY, tls.client_key.c_str());
}

void Exchange::set_proxy(const Request& request, const ClientOptions& options) {
  const auto& proxy = request.proxy ? request.proxy : options.proxy;
  if (proxy) set(CURLOPT_PROXY, proxy->c_str());
  if (request.proxy) set(CURLOPT_NOPROXY, "");  // who names one for this request means it, whatever no_proxy says
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

// What is not set is libcurl's default, what is set to null is none.
void Exchange::set_trust(Trust trust) {
  const char* const no_path = nullptr;
  trust_ = trust;
  if (!ca_file_.empty()) set(CURLOPT_CAINFO, ca_file_.c_str());
  if (!ca_directory_.empty()) set(CURLOPT_CAPATH, ca_directory_.c_str());
  if (trust == Trust::all_sources) return;
  if (!ca_directory_.empty() || (ca_file_.empty() && curl_.ca_directory != nullptr)) {
    set(CURLOPT_CAINFO, no_path);
  } else if (!ca_file_.empty()) {
    set(CURLOPT_CAPATH, no_path);  // the file is then read once and kept
  }
}

bool Exchange::widen_trust(CURLcode code) {
  if (own_authorities_ || code != CURLE_PEER_FAILED_VERIFICATION || trust_ == Trust::all_sources) return false;
  detail_.front() = '\0';
  if (ca_file_.empty()) set(CURLOPT_CAINFO, curl_.ca_file);
  if (ca_directory_.empty()) set(CURLOPT_CAPATH, curl_.ca_directory);
  set_trust(Trust::all_sources);
  return true;
}

void Exchange::set_callbacks() {
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, detail_.data());
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

// One line of a head, in its order: interim heads (1xx) give way to the next; trailers after the body are dropped.
bool Exchange::take_header(std::string_view line) {
  if (head_complete_) return true;
  head_bytes_ += line.size();
  if (head_bytes_ > max_head_bytes) {
    refusal_ = Error{.kind = ErrorKind::unavailable,
                     .message = fmt::format("the head of {}'s answer exceeds {} bytes", target_.host, max_head_bytes),
                     .hint = "check the address (base_url)"};
    return false;
  }
  line = text::trim_end(line);
  if (const auto status = status_of(line)) {
    head_ = ResponseHead{.status = *status, .headers = {}};
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    head_.headers.push_back({text::lower(line.substr(0, colon)), std::string(text::trim(line.substr(colon + 1)))});
  } else if (line.empty() && head_.status >= 200) {
    head_complete_ = true;
    inbox_.put_head(std::move(head_));
  }
  return true;
}

std::size_t Exchange::take_body(std::string_view bytes) {
  if (inbox_.put(bytes) == Inbox::Put::full) return CURL_WRITEFUNC_PAUSE;
  received_ += bytes.size();
  unannounced_ = true;
  return bytes.size();
}

void Exchange::announce() {
  if (std::exchange(unannounced_, false)) inbox_.wake_reader();
}

void Exchange::finish(CURLcode code) {
  if (refusal_) {
    inbox_.end(fail(*refusal_));
  } else if (code == CURLE_OK) {
    inbox_.end({});
  } else {
    inbox_.end(fail(explain(failure_of(code))));
  }
}

Failure Exchange::failure_of(CURLcode code) const {
  long os_error = 0;
  curl_.easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &os_error);
  return {.code = code,
          .os_error = static_cast<int>(os_error),
          .detail = detail_.front() != '\0' ? detail_.data() : curl_.easy_strerror(code),
          .host = target_.host,
          .address = address_,
          .received = received_,
          .connect_limit = connect_limit_};
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->take_header({data, size * count}) ? size * count : 0;
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->take_body({data, size * count});
}

int Exchange::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t uploaded) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (std::exchange(exchange.uploaded_, uploaded) != uploaded) exchange.inbox_.saw_activity();
  return 0;
}

// A child process must not inherit a connection that carries a key.
curl_socket_t Exchange::open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// libcurl was told the address. That it is the one it connects to is not left to its reading of that.
curl_socket_t Exchange::open_checked_socket(void* self, curlsocktype purpose, curl_sockaddr* address) {
  std::array<char, NI_MAXHOST> text{};
  const int code =
      ::getnameinfo(&address->addr, address->addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  if (code != 0 || static_cast<Exchange*>(self)->address_ != text.data()) return CURL_SOCKET_BAD;
  return open_socket(nullptr, purpose, address);
}

}  // namespace errand::http
