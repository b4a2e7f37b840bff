#pragma once

#include <memory>
#include <string>

#include "base/call.hpp"
#include "base/error.hpp"

namespace errand::repl {

/// What is asked of the person.
enum class LineKind {
  prompt,        ///< the next one of the chat
  answer,        ///< to a question: what was typed before it was put is none
  answer_again,  ///< to the same question, or one that was put together with it
};

struct LineRequest {
  LineKind kind = LineKind::prompt;
  std::string prompt;  ///< stands before what is typed, in the same line
};

/// How reading ended, with what was typed until then.
struct ReadLine {
  enum class End {
    submitted,
    interrupted,  ///< Ctrl-C
    closed,       ///< Ctrl-D on an empty line, or the terminal is gone
  };
  End end = End::submitted;
  std::string text;  ///< may hold line ends; without the last one
};

/// Reads what a person types. One thread at a time.
class LineReader {
 public:
  /// As long as it lives, keys that nobody reads are neither echoed nor lost, and Ctrl-C among them still is SIGINT.
  class Attention {
   public:
    virtual ~Attention() = default;
  };

  virtual ~LineReader() = default;
  virtual Result<ReadLine> read(const LineRequest& request, const Call& call) = 0;

  /// At most one at a time.
  virtual std::unique_ptr<Attention> attend() = 0;
};

}  // namespace errand::repl
