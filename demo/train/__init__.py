"""Training small networks on any folders laid out like ADEChallengeData2016.

``trunks`` takes pretrained backbones from Python packages, ``teacher`` tells of every pixel what they and the labels
make of it, ``data`` reads photographs and cuts crops, ``recipe`` is the one loop all compact networks went through
(``compact`` says which together and for how long), ``scoring`` counts right and wrong pixels, ``temperature`` makes a
network as sure as it is right, ``card`` turns a finished run into a shipped file and its card.
"""
