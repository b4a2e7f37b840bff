#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "chat/event.hpp"
#include "sandbox/policy.hpp"

namespace errand::agent {

/// What a run and its subagents touched, as it is noted while they work. Thread-safe, and bounded: what a command does
/// in a loop is counted where a list is full, and told as one more sentence of what was blocked.
class ReportBook {
 public:
  static constexpr std::size_t max_files = 1000;
  static constexpr std::size_t max_others = 200;   ///< hosts allowed, hosts refused, sentences
  static constexpr std::size_t max_columns = 300;  ///< of a host or a sentence

  void note_written(const std::string& absolute_path);

  /// A host that was refused is an attempt that was blocked, too.
  void note_contact(const sandbox::Contact& contact);

  /// One sentence: what was tried, and why not.
  void note_blocked(const std::string& what);

  [[nodiscard]] chat::event::RunReport report() const;

 private:
  // What is listed of one kind, and how often something else came when the list was full.
  struct Listed {
    std::size_t most = max_others;
    std::set<std::string> names{};
    std::size_t left_out = 0;

    bool takes(const std::string& name);  // whether it is new, and has a place
  };
  struct Notes {
    Listed files{max_files};
    Listed allowed{};  // apart: refusals can't crowd it out
    Listed refused{};
    Listed denied{};
    std::vector<chat::event::Contact> hosts;  // in the order they were asked for
    std::vector<std::string> blocked;
  };
  Sync<Notes> notes_;
};

}  // namespace errand::agent
