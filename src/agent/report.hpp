#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "chat/event.hpp"
#include "sandbox/policy.hpp"

namespace errand::agent {

/// What a run and its subagents touched, as it is noted while they work. Thread-safe.
class ReportBook {
 public:
  void note_written(const std::string& absolute_path);

  /// A host that was refused is an attempt that was blocked, too.
  void note_contact(const sandbox::Contact& contact);

  /// One sentence: what was tried, and why not.
  void note_blocked(const std::string& what);

  [[nodiscard]] chat::event::RunReport report() const;

 private:
  struct Notes {
    std::set<std::string> files;
    std::vector<chat::event::Contact> hosts;  // in the order they were asked for
    std::vector<std::string> blocked;
  };
  Sync<Notes> notes_;
};

}  // namespace errand::agent
