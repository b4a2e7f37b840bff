#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.hpp"

namespace errand::test {

/// A request as it arrived.
struct ReceivedRequest {
  std::string method;
  std::string path;  ///< the request target, with its query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int connection = 0;  ///< which connection brought it, from 1

  /// The first header of that name, whatever its case.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// A part of a reply's body; sent as one write, and as one chunk where the reply is chunked.
struct Piece {
  std::string bytes;
  std::chrono::milliseconds delay{0};  ///< the silence before it
  bool stall = false;                  ///< silence before it until the client goes or the server stops
};

/// What the server answers to one request, and how it misbehaves.
struct Reply {
  enum class Framing { chunked, content_length, until_close };
  enum class Ending {
    keep_alive,  ///< the connection serves the next request
    close,       ///< an orderly end after the whole reply
    cut,         ///< the connection ends where the body does: no last chunk
    reset,       ///< a TCP reset where the body ends
  };
  enum class Head { send, omit };

  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Piece> body;
  Framing framing = Framing::chunked;
  Ending ending = Ending::keep_alive;
  Head head = Head::send;  ///< omit: nothing is sent at all, the connection just ends as `ending` says
  std::chrono::milliseconds head_delay{0};
  bool head_stall = false;                    ///< no byte until the client goes or the server stops
  std::optional<std::size_t> cut_after;       ///< bytes of the body after which the connection ends, as `ending` says
  std::optional<std::size_t> content_length;  ///< a lie, with Framing::content_length
};

/// A whole body with its content type.
Reply text_reply(int status, std::string body, std::string content_type = "application/json");
/// A stream of server-sent events, each piece as it stands.
Reply stream_reply(std::vector<std::string> pieces);
/// The connection ends without an answer.
Reply no_reply(Reply::Ending how = Reply::Ending::close);

/// An HTTP/1.1 server on 127.0.0.1 that records what it is asked and answers as told, well or badly. It runs on threads
/// of its own until it is destroyed. Every method may be called from any thread.
class LoopbackServer {
 public:
  /// Answers one request; called on the connection's thread, from several at once.
  using Handler = std::function<Reply(const ReceivedRequest&)>;
  /// How long the wait_… functions wait before they say false. Generous: passing it means a failed test.
  static constexpr std::chrono::seconds patience{20};

  /// Replies come from enqueue(); a request that finds none left is answered 500 and counted in unexpected().
  LoopbackServer();
  explicit LoopbackServer(Handler handler);
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer();

  [[nodiscard]] int port() const { return port_; }
  /// "http://127.0.0.1:PORT", and `path` after it.
  [[nodiscard]] std::string url(std::string_view path = "") const;
  void enqueue(Reply reply);

  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  [[nodiscard]] int connections() const;            ///< accepted so far
  [[nodiscard]] int closed_by_client() const;       ///< connections the client ended
  [[nodiscard]] int unexpected() const;             ///< requests that found no reply
  [[nodiscard]] std::uint64_t bytes_sent() const;   ///< heads and bodies, all connections
  bool wait_for_requests(std::size_t count) const;  ///< that many have been received whole
  bool wait_for_closed_by_client(int count) const;
  bool wait_for_stalls(int count) const;  ///< that many stalls have begun: all before them is sent
  /// That many times a send made no progress for 200 ms: the client does not read.
  bool wait_for_blocked_sends(int count) const;

 private:
  struct State {
    std::deque<Reply> replies;
    std::vector<ReceivedRequest> requests;
    int connections = 0;
    int closed_by_client = 0;
    int unexpected = 0;
    int stalls = 0;
    int blocked_sends = 0;
    std::uint64_t bytes_sent = 0;
  };
  class Connection;

  Reply next_reply(const ReceivedRequest& request);
  void accept_all();
  template <class F>
  void update(F&& change);
  template <class F>
  bool wait_until(F&& reached) const;
  template <class F>
  auto read(F&& what) const;

  Handler handler_;
  Fd listener_;
  Fd stop_;  ///< an eventfd, readable once the server stops
  int port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  State state_;
  std::list<std::thread> connections_;  ///< of the accepting thread, until that has ended
  std::thread acceptor_;
};

}  // namespace errand::test
