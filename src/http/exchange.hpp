#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.hpp"
#include "http/curl_api.hpp"
#include "http/failure.hpp"
#include "http/inbox.hpp"
#include "http/target.hpp"

namespace errand::http {

/// Which certificate authorities a connection loads. libcurl's default is a file of all of them and a directory that is
/// looked up by name; reading the file costs some 20 ms on the I/O thread, for every new connection where there is a
/// directory too. So one source is tried first, and all of them when that did not do.
enum class Trust { one_source, all_sources };

/// One request on its way and the response to it. Shared by the thread that called send(), which made it and reads its
/// inbox, and the I/O thread, which alone drives it from Loop::add() until inbox().end().
class Exchange {
 public:
  /// Heads beyond this are refused; servers send some 2 kB.
  static constexpr std::size_t max_head_bytes = 256U << 10U;

  /// Borrows `request.body` until the inbox has ended. Fails with `config` for a wrong URL or header.
  static Result<std::shared_ptr<Exchange>> make(const CurlApi& curl, const Request& request,
                                                const ClientOptions& options, Trust trust);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] Inbox& inbox() { return inbox_; }
  [[nodiscard]] const Target& target() const { return target_; }

  // For the I/O thread.
  [[nodiscard]] CURL* handle() const { return easy_.get(); }
  [[nodiscard]] Trust trust() const { return trust_; }
  void announce();  ///< wakes the reader if there is something new
  /// After `code`: whether the transfer should begin again, now trusting all sources. Nothing had been sent then.
  bool widen_trust(CURLcode code);
  void finish(CURLcode code);  ///< the transfer is over; call it after the handle left the multi

 private:
  Exchange(const CurlApi& curl, Target target, EasyHandle easy);

  Result<void> set_up(const Request& request, const ClientOptions& options, Trust trust);
  Result<void> set_headers(const Request& request, const ClientOptions& options);
  void set_method(const Request& request);
  void set_connection(const Request& request);
  Result<void> set_address(const Request& request);
  void set_tls(const Request& request, const ClientOptions& options, Trust trust);
  void set_proxy(const Request& request, const ClientOptions& options);
  void set_trust(Trust trust);
  void set_callbacks();
  template <class T>
  void set(CURLoption option, T value);

  bool take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  [[nodiscard]] Failure failure_of(CURLcode code) const;

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t uploaded);
  static curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address);
  static curl_socket_t open_checked_socket(void* self, curlsocktype, curl_sockaddr* address);

  const CurlApi& curl_;
  Target target_;
  HeaderList headers_;
  HeaderList connect_to_;
  std::string address_;  ///< the only one to connect to; empty: those of the host
  std::array<char, CURL_ERROR_SIZE> detail_{};
  EasyHandle easy_;  // after what it refers to
  CURLcode setting_failed_ = CURLE_OK;
  std::chrono::milliseconds connect_limit_;
  std::string ca_file_;
  std::string ca_directory_;
  bool own_authorities_ = false;  ///< of the request, which trusts nothing else
  Trust trust_ = Trust::all_sources;
  Inbox inbox_;

  // The I/O thread's own.
  ResponseHead head_;
  std::size_t head_bytes_ = 0;
  bool head_complete_ = false;
  std::optional<Error> refusal_;  ///< why we ended it, where libcurl only knows that we did
  bool unannounced_ = false;
  std::uint64_t received_ = 0;
  curl_off_t uploaded_ = 0;
};

}  // namespace errand::http
