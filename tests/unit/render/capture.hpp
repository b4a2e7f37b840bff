#pragma once

#include <string>

#include <unistd.h>

#include "base/fd.hpp"

namespace errand::test {

/// A file in memory that takes what is written to its descriptor.
class Capture {
 public:
  Capture() : file_(memory_file("").value()) {}
  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] std::string text() const {
    std::string out(static_cast<std::size_t>(::lseek(file_.get(), 0, SEEK_END)), '\0');
    const auto got = ::pread(file_.get(), out.data(), out.size(), 0);
    out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return out;
  }

 private:
  Fd file_;
};

}  // namespace errand::test
