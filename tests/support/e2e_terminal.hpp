#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/fd.hpp"
#include "support/e2e_program.hpp"

namespace errand::test::e2e {

/// A program on a pseudo-terminal of 80 columns, which is its controlling one. Killed when it goes. For one thread.
class Terminal {
 public:
  /// How long a text may take to appear. Generous: passing it means a failed test.
  static constexpr std::chrono::seconds patience{20};
  static constexpr std::string_view ctrl_c = "\x03";
  static constexpr std::string_view ctrl_d = "\x04";

  Terminal(std::vector<std::string> argv, const std::map<std::string, std::string>& env, const std::string& directory);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  /// Types.
  void type(std::string_view keys) const;
  /// Reads until `text` appears after what the last wait_for() found; what is echoed counts. Throws std::runtime_error
  /// with all that was shown when it does not.
  void wait_for(std::string_view text);
  /// The same where it may also end instead: false then.
  bool says_before_it_ends(std::string_view text);
  /// Takes the terminal away, as closing its window does.
  void hang_up();
  /// Reads to the end and returns how it ended; throws when it does not.
  Exit wait();

  /// All that was shown so far, as bytes.
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  bool read_more(std::chrono::steady_clock::time_point deadline);

  pid_t pid_ = -1;
  Fd terminal_;
  std::string shown_;
  std::size_t found_ = 0;  ///< the end of what wait_for() found
};

}  // namespace errand::test::e2e
