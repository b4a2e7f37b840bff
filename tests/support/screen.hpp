#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "support/e2e_program.hpp"

namespace errand::test {

/// A program on a pseudo-terminal with a screen that can be looked at (libvterm). Killed when it goes. For one thread.
class Screen {
 public:
  /// How long a screen may take to look as it should. Generous: passing it means a failed test.
  static constexpr std::chrono::seconds patience{20};

  struct Size {
    int columns = 80;
    int rows = 24;
  };

  Screen(std::vector<std::string> argv, const std::map<std::string, std::string>& env, const std::string& directory,
         Size size);
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen();

  void type(std::string_view keys);
  void resize(Size size);
  void signal(int number) const;

  /// Reads until the rows hold `text`, or are `wanted`. Throws std::runtime_error with the screen when that does not
  /// come.
  void wait_for(std::string_view text);
  void wait_until(const std::function<bool()>& wanted, const std::string& what);
  /// Reads until nothing has come for a while: for a screen that is taken as it is, not compared.
  void wait_for_quiet();

  /// The rows without blanks at their ends, down to the last that is not empty. The cursor is told in a last line:
  /// "cursor 3,7", from 0.
  [[nodiscard]] std::string text() const;
  /// The same with its styles: "{bold #ff8800 on #000000}text{}", colours of the palette as their numbers.
  [[nodiscard]] std::string painted() const;
  /// One row, without blanks at its end.
  [[nodiscard]] std::string row(int number) const;
  struct Cursor {
    int row = 0;
    int column = 0;
    bool operator==(const Cursor&) const = default;
  };
  [[nodiscard]] Cursor cursor() const;
  /// Rows that went out at the top.
  [[nodiscard]] const std::vector<std::string>& scrollback() const;
  /// All bytes the program wrote.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

  /// Whether the terminal echoes and gives whole lines, as a shell would find it.
  [[nodiscard]] bool is_cooked() const;

  /// Reads to the end and returns how it ended; throws when it does not.
  e2e::Exit wait();

 private:
  class Model;
  bool read_more(std::chrono::steady_clock::time_point deadline);

  pid_t pid_ = -1;
  Fd terminal_;
  Fd kept_open_;  ///< the program's side: what mode it left the terminal in can be asked after its end
  std::string bytes_;
  std::unique_ptr<Model> model_;
};

/// Compares a screen with tests/golden/screens/<name>.txt, which UPDATE_GOLDEN=1 writes. Empty when it is alike, else
/// both.
std::string differs_from_golden(const std::string& screen, const std::string& name);

}  // namespace errand::test
