#pragma once

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/sync.hpp"

namespace errand::sandbox {

/// The second stage's program (inner.hpp), which lies in ours. It is put into memory when it is first needed, once for
/// all sandboxes, and sealed: what runs inside can't change what confines the next. Thread-safe.
class SecondStage {
 public:
  /// How a sandbox gets the program.
  struct Image {
    int fd = -1;                  ///< borrowed; its offset is shared
    bool can_be_executed = true;  ///< false: the system forbids it for what lies in memory; to be copied to a file
  };

  /// Fails with `denied` where no file can be made in memory.
  Result<Image> image();

 private:
  Sync<Fd> file_;
};

}  // namespace errand::sandbox
