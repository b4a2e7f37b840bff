#include "cli/line_source.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

#include "base/try.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{256} << 10U;

tl::unexpected<Error> longer_than(std::size_t max_bytes) {
  return fail(ErrorKind::limit, fmt::format("longer than {} bytes", max_bytes));
}

}  // namespace

Result<std::optional<std::string_view>> TextLines::next() {
  if (rest_.empty()) return std::nullopt;
  const auto end = std::min(rest_.find('\n'), rest_.size());
  const auto line = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (line.size() > max_) return longer_than(max_);
  return line;
}

Result<std::optional<std::string_view>> FdLines::next() {
  line_.clear();
  std::size_t seen = 0;
  bool any = false;
  while (true) {
    if (at_ == chunk_.size()) {
      ERRAND_TRY_ASSIGN(const bool more, fill());
      if (!more) break;
    }
    any = true;
    const auto end = std::min(chunk_.find('\n', at_), chunk_.size());
    seen += end - at_;
    // What is too long is read to its end, and not kept.
    if (seen <= max_) line_.append(chunk_, at_, end - at_);
    const bool ended = end < chunk_.size();
    at_ = std::min(end + 1, chunk_.size());
    if (ended) break;
  }
  if (!any) return std::nullopt;
  if (seen > max_) return longer_than(max_);
  return std::string_view(line_);
}

Result<bool> FdLines::fill() {
  chunk_.resize(chunk_bytes);
  at_ = 0;
  auto got = ::read(fd_, chunk_.data(), chunk_.size());
  while (got < 0 && errno == EINTR) got = ::read(fd_, chunk_.data(), chunk_.size());
  const int error = errno;
  chunk_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return fail_errno(ErrorKind::failure, "can't read on", error);
  return got > 0;
}

}  // namespace errand::cli
