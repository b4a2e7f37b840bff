#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "support/e2e_wire.hpp"
#include "support/e2e_world.hpp"
#include "support/loopback_server.hpp"

namespace errand::test::e2e {

/// A model API that answers as a case's `server` says and holds every request against what the case expects of it, and
/// against what any request must be. README.md has the format. Thread-safe.
class ModelServer {
 public:
  ModelServer();

  /// The replies, in the case's own words. Call before the first request.
  void serve(Protocol protocol, const Json& replies);

  /// Values for {{name}} in the replies that are still to come.
  void define(Variables variables);

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::size_t requests() const { return server_.requests().size(); }
  bool wait_for_requests(std::size_t count) const { return server_.wait_for_requests(count); }
  bool wait_for_stalls(int count) const { return server_.wait_for_stalls(count); }

  /// What was wrong with the requests so far.
  [[nodiscard]] Failures failures() const;
  /// The replies nobody asked for.
  [[nodiscard]] Failures unused() const;

 private:
  struct Planned {
    Json entry;
    int left = 1;  ///< requests it still answers
  };

  struct Prepared {
    Reply reply;
    std::size_t after_requests = 0;  ///< it is held back until the server has received that many
  };

  Reply answer(const ReceivedRequest& request);
  Prepared prepare(const ReceivedRequest& request);
  Planned* choose(const ReceivedRequest& request, const SeenRequest& seen);
  Reply reply_for(const Json& entry);
  void note(int number, Failures failures);

  mutable std::mutex mutex_;
  Protocol protocol_ = Protocol::anthropic;
  std::vector<Planned> planned_;
  Variables variables_;
  Failures failures_;
  int number_ = 0;
  LoopbackServer server_;  // last: its threads use the rest
};

}  // namespace errand::test::e2e
