#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace errand::test {

/// A terminal's screen (libvterm) with what scrolled out of it. "\n" is taken for "\r\n", as a terminal's line
/// discipline does.
class VirtualScreen {
 public:
  VirtualScreen(int rows, int columns);
  ~VirtualScreen();
  VirtualScreen(const VirtualScreen&) = delete;
  VirtualScreen& operator=(const VirtualScreen&) = delete;

  void write(std::string_view bytes);
  void resize(int rows, int columns);

  /// The scrollback and the screen, without blanks at line ends and empty lines at the end.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace errand::test
