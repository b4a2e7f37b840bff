#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "cli/command.hpp"
#include "cli/prompt_input.hpp"
#include "cli/run_options.hpp"
#include "http/redactor.hpp"
#include "http/transport.hpp"

namespace errand::cli {

/// Sends nothing: keeps the first request it is given and fails each as one that was cancelled. Thread-safe.
class Rehearsal final : public http::Transport {
 public:
  /// `secrets` are in nothing that it shows.
  explicit Rehearsal(std::vector<std::string> secrets);
  ~Rehearsal() override;

  Result<http::ResponseHead> send(const http::Request& request, const http::OnBody& on_body, const Call& call) override;

  /// {"method", "url", "headers", "body"}; none: nothing was to be sent.
  [[nodiscard]] std::optional<Json> request() const;

 private:
  http::Redactor redactor_;
  mutable std::mutex mutex_;
  std::optional<http::Request> first_;
};

/// --dry-run: writes the first request of the run as JSON to stdout. Nothing is sent, kept or run. `usage` for a model
/// that plays a file: it is sent nothing.
Result<int> show_first_request(const PromptParts& prompt, const RunArguments& arguments, const Invocation& invocation);

}  // namespace errand::cli
