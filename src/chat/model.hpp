#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace errand::chat {

/// USD per million tokens.
struct Price {
  double input = 0;
  double output = 0;
  double cache_read = 0;
  double cache_write = 0;
  bool operator==(const Price&) const = default;
};

/// How a model takes its thinking setting.
enum class ThinkingStyle { none, budget, adaptive, effort };

/// A model as a provider names it, and what is known of it.
struct ModelSpec {
  std::string provider;         ///< key into the providers: "anthropic", "ollama", "scripted"
  std::string id;               ///< as the API wants it; a file path for "scripted"
  std::string alias;            ///< the name it was asked for by
  std::int64_t context = 0;     ///< window in tokens; 0: unknown
  std::int64_t max_output = 0;  ///< tokens; 0: unknown
  std::optional<Price> price;   ///< absent: unknown, never free
  ThinkingStyle thinking = ThinkingStyle::none;
  bool takes_images = true;  ///< false: known to read text alone
  bool operator==(const ModelSpec&) const = default;

  /// "provider/id", as `-m` takes it.
  [[nodiscard]] std::string full_name() const { return provider + "/" + id; }
};

enum class Protocol { anthropic, openai_chat, openai_responses, gemini, scripted };

/// A server that speaks one of the protocols.
struct ProviderSpec {
  std::string name;
  Protocol protocol = Protocol::openai_chat;
  std::string base_url;                    ///< as that API's official SDK takes it
  std::vector<std::string> key_variables;  ///< environment variables that may hold the key, first wins; for messages
  std::string key;                         ///< the key itself, or empty; never logged, stored or shown
  bool key_required = true;
  std::string key_command;  ///< prints the key; run by a shell when a model is opened
  std::string key_file;     ///< absolute; holds the key
  std::vector<std::pair<std::string, std::string>> headers{};  ///< sent with each request; values may be secret
  std::string like;                                            ///< the dialect it speaks: a row of the quirks table
  std::string ca_file;                                         ///< absolute, PEM; trusted in place of the system's
  std::string client_cert;                                     ///< absolute, PEM, for mutual TLS
  std::string client_key;                                      ///< absolute, PEM; empty: in client_cert
  std::optional<std::string> proxy{};                          ///< absent: as the environment says; "": none
  bool operator==(const ProviderSpec&) const = default;
};

/// Retries of one request (config.yaml `retry`).
struct RetrySettings {
  int attempts = 8;                        ///< tries in all before a reply began
  int restarts = 2;                        ///< tries anew after it began
  std::chrono::milliseconds idle{90'000};  ///< the longest silence in a stream
  std::chrono::milliseconds quota{0};      ///< how long a rate limit may be waited for, in all (`--wait-for-quota`)
  bool operator==(const RetrySettings&) const = default;
};

}  // namespace errand::chat
