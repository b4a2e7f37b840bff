#include "sandbox/descriptors.hpp"

#include <array>
#include <cstring>

#include <sys/socket.h>

namespace errand::sandbox {

namespace {

// A message of one byte with room for one descriptor; its parts point into each other.
class Message {
 public:
  Message() {
    message_.msg_iov = &data_;
    message_.msg_iovlen = 1;
    message_.msg_control = control_.data();
    message_.msg_controllen = control_.size();
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  msghdr* get() { return &message_; }
  [[nodiscard]] cmsghdr* header() { return CMSG_FIRSTHDR(&message_); }

 private:
  char byte_ = 0;
  iovec data_{&byte_, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control_{};
  msghdr message_{};
};

}  // namespace

bool send_descriptor(int through, int fd) {
  Message message;
  auto* const header = message.header();
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return ::sendmsg(through, message.get(), MSG_NOSIGNAL) == 1;
}

Fd receive_descriptor(int from) {
  Message message;
  if (::recvmsg(from, message.get(), MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1) return {};
  const auto* header = message.header();
  int fd = -1;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof fd)) return {};
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return Fd(fd);
}

}  // namespace errand::sandbox
