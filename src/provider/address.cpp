#include "provider/address.hpp"

#include <cctype>
#include <utility>

#include "base/text.hpp"
#include "provider/openai_quirks.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

using chat::Protocol;

namespace {

// "v1", "v1beta", "v1beta1", "v1alpha".
bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' && std::isdigit(static_cast<unsigned char>(segment[1])) != 0;
}

bool has_version(std::string_view base_url) {
  base_url = base_url.substr(0, base_url.find('?'));
  if (const auto scheme = base_url.find("://"); scheme != std::string_view::npos) base_url.remove_prefix(scheme + 3);
  auto slash = base_url.find('/');
  while (slash != std::string_view::npos) {
    base_url.remove_prefix(slash + 1);
    slash = base_url.find('/');
    if (is_version(base_url.substr(0, slash))) return true;
  }
  return false;
}

bool ends_with_v1(std::string_view base_url) {
  base_url = base_url.substr(0, base_url.find('?'));
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  return base_url.ends_with("/v1");
}

}  // namespace

std::vector<http::Header> key_headers(const chat::ProviderSpec& provider) {
  if (provider.key.empty()) return {};
  const http::Header bearer{"authorization", "Bearer " + provider.key};
  switch (provider.protocol) {
    case Protocol::anthropic:
      // Others that speak this protocol take either header; the API itself takes a bearer for OAuth tokens only.
      if (host_of(provider.base_url) == "api.anthropic.com") return {{"x-api-key", provider.key}};
      return {{"x-api-key", provider.key}, bearer};
    case Protocol::gemini:
      return {{"x-goog-api-key", provider.key}};
    case Protocol::openai_chat:
    case Protocol::openai_responses:
      if (quirks_of(provider).key == KeyHeader::api_key) return {bearer, {"api-key", provider.key}};
      return {bearer};
    case Protocol::scripted:
      break;
  }
  return {};
}

http::Request addressed(http::Request request, const chat::ProviderSpec& provider) {
  for (const auto& [name, value] : provider.headers) {
    const auto lower = text::lower(name);
    std::erase_if(request.headers, [&](const http::Header& header) { return text::lower(header.name) == lower; });
    request.headers.push_back({name, value});
  }
  request.tls = {provider.ca_file, provider.client_cert, provider.client_key};
  request.proxy = provider.proxy;
  return request;
}

std::string api_root(const chat::ProviderSpec& provider) {
  const auto& base = provider.base_url;
  if (provider.protocol == Protocol::anthropic && !ends_with_v1(base)) return joined_url(base, "/v1");
  if (provider.protocol == Protocol::gemini && !has_version(base)) return joined_url(base, "/v1beta");
  return joined_url(base, "");
}

}  // namespace errand::provider
