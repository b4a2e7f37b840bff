#include "net/proxy_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/url.hpp"

namespace errand::net {

namespace {

using Head = tl::expected<std::optional<ProxyRequest>, BadRequest>;

constexpr std::size_t max_headers = 200;

tl::unexpected<BadRequest> bad(int code, std::string why, std::string_view host = {}) {
  return tl::unexpected<BadRequest>(BadRequest{code, std::move(why), std::string(host)});
}

bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

struct Field {
  std::string name;  // lower case
  std::string_view written_name;
  std::string_view value;
};

struct RawHead {
  std::string_view method;
  std::string_view target;
  std::string_view version;
  std::vector<Field> fields;
};

tl::expected<Field, BadRequest> read_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return bad(400, "a header has no name");
  const auto value = text::trim(line.substr(colon + 1));
  if (!is_field_value(value)) return bad(400, "a header's value holds control characters");
  return Field{text::lower(line.substr(0, colon)), line.substr(0, colon), value};
}

tl::expected<RawHead, BadRequest> read_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return bad(400, "the first line is no request");
  RawHead out{line.substr(0, first), line.substr(first + 1, last - first - 1), line.substr(last + 1), {}};
  if (!is_token(out.method) || out.target.find(' ') != std::string_view::npos || !is_field_value(out.target)) {
    return bad(400, "the first line is no request");
  }
  if (out.version != "HTTP/1.1" && out.version != "HTTP/1.0") return bad(505, "this proxy speaks HTTP/1.1");
  return out;
}

// `head` is without the empty line at its end.
tl::expected<RawHead, BadRequest> read_head(std::string_view head) {
  auto end = head.find("\r\n");
  auto out = read_request_line(head.substr(0, end));
  while (out && end != std::string_view::npos) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    auto field = read_field(head.substr(0, end));
    if (!field) return tl::unexpected<BadRequest>(std::move(field).error());
    if (out->fields.size() == max_headers) return bad(431, "there are too many headers");
    out->fields.push_back(*std::move(field));
  }
  return out;
}

// What concerns the way from client to proxy only (RFC 9110, 7.6.1), and what is written anew.
bool is_passed_on(const Field& field, std::string_view connection) {
  constexpr std::array<std::string_view, 10> dropped = {
      "host", "connection", "proxy-connection", "proxy-authorization", "proxy-authenticate", "keep-alive",
      "te",   "trailer",    "upgrade",          "transfer-encoding"};
  if (std::ranges::find(dropped, field.name) != dropped.end()) return false;
  if (field.name == "content-length") return true;  // else the body would be the next request
  const auto named = text::split(text::lower(connection), ',');
  return std::ranges::none_of(named, [&](const std::string& name) { return text::trim(name) == field.name; });
}

tl::expected<std::uint64_t, BadRequest> body_length(const RawHead& head) {
  std::optional<std::uint64_t> length;
  for (const auto& field : head.fields) {
    if (field.name == "transfer-encoding") return bad(411, "a body needs a Content-Length here");
    if (field.name != "content-length") continue;
    std::uint64_t value = 0;
    const auto* const last = field.value.data() + field.value.size();
    const auto [end, code] = std::from_chars(field.value.data(), last, value);
    if (length || field.value.empty() || end != last || code != std::errc{})
      return bad(400, "its Content-Length is none");
    length = value;
  }
  return length.value_or(0);
}

Head read_connect(const RawHead& head, std::size_t consumed) {
  auto wanted = parse_host_port(head.target, 0);
  if (!wanted) return bad(403, wanted.error().message, head.target);
  return ProxyRequest{*std::move(wanted), {}, 0, consumed};
}

Head read_forward(const RawHead& head, std::size_t consumed) {
  if (head.target.starts_with('/') || head.target == "*") return bad(400, "this is a proxy, and serves nothing itself");
  auto url = parse_url(head.target);
  if (!url && url.error().kind == ErrorKind::denied) return bad(403, url.error().message, head.target);
  if (!url) return bad(400, url.error().message);
  if (url->scheme != Url::Scheme::http) return bad(400, "https goes through CONNECT");
  auto length = body_length(head);
  if (!length) return tl::unexpected<BadRequest>(std::move(length).error());
  std::string connection;
  for (const auto& field : head.fields) {
    if (field.name == "connection") connection += fmt::format("{},", field.value);
  }
  auto out = fmt::format("{} {} {}\r\nHost: {}\r\n", head.method, url->target, head.version, url->authority());
  for (const auto& field : head.fields) {
    if (is_passed_on(field, connection)) out += fmt::format("{}: {}\r\n", field.written_name, field.value);
  }
  out += "Connection: close\r\n\r\n";
  return ProxyRequest{std::move(url->where), std::move(out), *length, consumed};
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// The replies of RFC 1928, 6.
constexpr int socks_failure = 1;
constexpr int socks_refused = 2;
constexpr int socks_no_command = 7;
constexpr int socks_no_address_type = 8;

struct SocksHost {
  tl::expected<Host, BadRequest> host;
  std::size_t bytes;
};

template <class Bytes>
SocksHost address_at(std::string_view bytes) {
  Bytes raw{};
  std::copy_n(bytes.begin(), raw.size(), raw.begin());
  const Address address(raw);
  return {Host{address.text(), address}, raw.size()};
}

SocksHost name_at(std::string_view bytes) {
  const auto length = std::size_t{byte_at(bytes, 0)};
  auto host = parse_host(bytes.substr(1, length));
  if (!host) return {bad(socks_refused, host.error().message, bytes.substr(1, length)), length + 1};
  return {*std::move(host), length + 1};
}

// Bytes of the address field, when they can be told yet.
std::optional<std::size_t> address_bytes(std::string_view bytes) {
  switch (byte_at(bytes, 3)) {
    case 1:
      return 4;
    case 4:
      return 16;
    default:
      return bytes.size() < 5 ? std::nullopt : std::optional<std::size_t>(1U + byte_at(bytes, 4));
  }
}

}  // namespace

Head read_http_request(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::optional<ProxyRequest>{};
  const auto head = read_head(bytes.substr(0, end));
  if (!head) return tl::unexpected<BadRequest>(head.error());
  return head->method == "CONNECT" ? read_connect(*head, end + 4) : read_forward(*head, end + 4);
}

tl::expected<std::optional<std::size_t>, BadRequest> read_socks_greeting(std::string_view bytes) {
  if (bytes.size() < 2) return std::optional<std::size_t>{};
  const auto count = std::size_t{byte_at(bytes, 1)};
  if (bytes.size() < 2 + count) return std::optional<std::size_t>{};
  const auto methods = bytes.substr(2, count);
  if (methods.find('\0') == std::string_view::npos) return bad(0xFF, "it offers no method without authentication");
  return std::optional<std::size_t>{2 + count};
}

Head read_socks_request(std::string_view bytes) {
  if (bytes.size() < 4) return std::optional<ProxyRequest>{};
  if (byte_at(bytes, 0) != 5 || byte_at(bytes, 2) != 0) return bad(socks_failure, "it is no SOCKS5 request");
  if (byte_at(bytes, 1) != 1) return bad(socks_no_command, "CONNECT is the only command");
  const auto type = byte_at(bytes, 3);
  if (type != 1 && type != 3 && type != 4) return bad(socks_no_address_type, "its type of address is unknown");
  const auto length = address_bytes(bytes);
  if (!length || bytes.size() < 4 + *length + 2) return std::optional<ProxyRequest>{};
  const auto field = bytes.substr(4);
  auto read = type == 1 ? address_at<Address::V4>(field) : type == 4 ? address_at<Address::V6>(field) : name_at(field);
  if (!read.host) return tl::unexpected<BadRequest>(std::move(read.host).error());
  const auto port = static_cast<std::uint16_t>(byte_at(field, *length) * 256U + byte_at(field, *length + 1));
  if (port == 0) return bad(socks_refused, "there is no port 0");
  return ProxyRequest{{*std::move(read.host), port}, {}, 0, 4 + *length + 2};
}

}  // namespace errand::net
