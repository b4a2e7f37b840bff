#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/sync.hpp"
#include "http/transport.hpp"

namespace errand::test {

/// What a StandIn answers to one request.
struct StandInAnswer {
  http::ResponseHead head{200, {{"content-type", "text/event-stream"}}};
  std::vector<std::string> pieces;
  std::optional<Error> error;
};

/// A Transport that answers in order, without a network.
class StandIn final : public http::Transport {
 public:
  explicit StandIn(std::vector<StandInAnswer> answers) : answers_(std::move(answers)) {}

  Result<http::ResponseHead> send(const http::Request&, const http::OnBody& on_body, const Call&) override {
    const auto answer = next_.with([&](std::size_t& next) { return answers_.at(next++); });
    for (const auto& piece : answer.pieces) {
      if (auto read = on_body(answer.head, piece); !read) return fail(read.error());
    }
    if (answer.error) return fail(*answer.error);
    return answer.head;
  }

 private:
  std::vector<StandInAnswer> answers_;
  Sync<std::size_t> next_;
};

/// What came of one send().
struct Answered {
  Result<http::ResponseHead> head;
  std::vector<std::string> pieces;
  std::vector<std::string> warnings;  ///< "code: message"
};

inline Answered ask(http::Transport& transport, http::Request request, const Call& call = {}) {
  Answered out{http::ResponseHead{}, {}, {}};
  request.on_warning = [&](std::string_view code, const std::string& message) {
    out.warnings.push_back(std::string(code) + ": " + message);
  };
  out.head = transport.send(
      request,
      [&](const http::ResponseHead&, std::string_view bytes) -> Result<void> {
        out.pieces.emplace_back(bytes);
        return {};
      },
      call);
  return out;
}

}  // namespace errand::test
